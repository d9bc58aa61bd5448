#include "client/figures/report.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "client/figures/export.h"
#include "client/figures/report_style.h"
#include "client/figures/svg.h"
#include "client/figures/svg_writer.h"

namespace trainyard::figures {
namespace {

constexpr int kFigureWidth = 756;  // of a page, and the margins of a picture
constexpr size_t kRunsInLine = 6;  // more are folded away
// Larger files are not put into the page: browsers refuse long links.
constexpr size_t kMostLinkBytes = 4 << 20;

class ReportWriter {
 public:
  explicit ReportWriter(const Report& report) : report_(report) {}

  std::string Write() {
    Head();
    Verdicts();
    Sections(report_.sections);
    Methods();
    Provenance();
    Sections(report_.appendices);
    html_ += "</body>\n</html>\n";
    return std::move(html_);
  }

 private:
  void Element(const char* tag, const char* style, const std::string& text) {
    if (text.empty()) return;
    absl::StrAppend(&html_, "<", tag);
    if (*style != '\0') absl::StrAppend(&html_, " class=\"", style, "\"");
    absl::StrAppend(&html_, ">", EscapeXml(text), "</", tag, ">\n");
  }
  void Heading(const std::string& text) { Element("h2", "", text); }

  void Head() {
    const std::string title = report_.title.empty() ? "Report" : report_.title;
    absl::StrAppend(&html_,
                    "<!DOCTYPE html>\n<html lang=\"en\" "
                    "xmlns=\"http://www.w3.org/1999/xhtml\">\n<head>\n<meta charset=\"utf-8\"/>\n"
                    "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"/>\n"
                    "<meta name=\"color-scheme\" content=\"light dark\"/>\n",
                    // Nothing is fetched and nothing runs, whatever a text may hold.
                    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
                    "style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\"/>\n",
                    "<title>", EscapeXml(title), "</title>\n<style>\n", ReportStyle(),
                    "</style>\n</head>\n<body>\n<h1>", EscapeXml(title), "</h1>\n");
    Element("p", "subtitle sans", report_.subtitle);
    Element("p", "abstract", report_.abstract);
  }

  void Verdicts() {
    if (report_.verdicts.empty()) return;
    html_ += "<ul class=\"verdicts\" aria-label=\"Verdicts\">\n";
    for (const Finding& finding : report_.verdicts) {
      absl::StrAppend(&html_, "<li>\n<span class=\"verdict sans ", VerdictStyle(finding.verdict),
                      "\">", VerdictIcon(finding.verdict), VerdictWords(finding.verdict),
                      "</span>\n<div>\n");
      Element("p", "claim", finding.claim);
      Element("p", "numbers sans", finding.numbers);
      Runs(finding.runs);
      html_ += "</div>\n</li>\n";
    }
    html_ += "</ul>\n";
  }

  void Runs(const std::vector<std::string>& runs) {
    if (runs.empty()) return;
    const bool folded = runs.size() > kRunsInLine;
    if (folded) {
      absl::StrAppend(&html_, "<details class=\"runs\"><summary>", runs.size(),
                      " runs</summary>\n");
    } else {
      html_ += runs.size() == 1 ? "<p class=\"runs sans\">run " : "<p class=\"runs sans\">runs ";
    }
    for (const std::string& run : runs) {
      absl::StrAppend(&html_, &run == runs.data() ? "" : ", ", "<code>", EscapeXml(run), "</code>");
    }
    html_ += folded ? "</details>\n" : "</p>\n";
  }

  void Sections(const std::vector<Section>& sections) {
    for (const Section& section : sections) {
      Heading(section.title);
      for (const Block& block : section.blocks) {
        std::visit([this](const auto& one) { Add(one); }, block);
      }
    }
  }

  void Add(const Listing& listing) { Element("pre", "", listing.text); }

  void Add(const Paragraph& paragraph) { Element("p", "", paragraph.text); }

  void Add(const Exhibit& exhibit) {
    ++figures_;
    SvgOptions options;
    options.width = kFigureWidth;
    options.id = absl::StrCat("figure-", figures_);
    options.inline_in_page = true;
    const trainyard::figures::Heading& heading = HeadingOf(exhibit.figure);
    absl::StrAppend(&html_, "<figure>\n", Svg(exhibit.figure, options), "<figcaption><b>Figure ",
                    figures_, ".");
    Sentence(heading.title);
    html_ += "</b>";
    Sentence(heading.subtitle);
    Sentence(exhibit.caption);
    html_ += " <span class=\"files\">";
    Link("csv", "text/csv", Csv(exhibit.figure));
    Link("json", "application/json", Json(exhibit.figure));
    options.inline_in_page = false;
    options.theme = Theme::kLight;
    Link("svg", "image/svg+xml", Svg(exhibit.figure, options));
    html_ += "</span></figcaption>\n</figure>\n";
  }

  void Sentence(const std::string& text) {
    if (text.empty()) return;
    const bool ended = std::string(".!?").find(text.back()) != std::string::npos;
    absl::StrAppend(&html_, " ", EscapeXml(text), ended ? "" : ".");
  }

  void Link(const char* extension, const char* type, const std::string& bytes) {
    if (bytes.size() > kMostLinkBytes) return;
    absl::StrAppend(&html_, "<a download=\"figure-", figures_, ".", extension);
    absl::StrAppend(&html_, "\" href=\"data:", type, ";base64,", absl::Base64Escape(bytes), "\">",
                    extension, "</a>");
  }

  void Add(const DataTable& table) {
    html_ += "<div class=\"wide\"><table>\n";
    if (!table.caption.empty()) {
      absl::StrAppend(&html_, "<caption><b>Table ", ++tables_, ".</b>");
      Sentence(table.caption);
      html_ += "</caption>\n";
    }
    html_ += "<thead><tr>";
    for (const TableColumn& column : table.columns) {
      absl::StrAppend(&html_,
                      column.number ? "<th class=\"n\" scope=\"col\">" : "<th scope=\"col\">",
                      EscapeXml(column.title), "</th>");
    }
    html_ += "</tr></thead>\n<tbody>\n";
    for (const std::vector<std::string>& row : table.rows) {
      html_ += "<tr>";
      for (size_t i = 0; i < table.columns.size(); ++i) {
        absl::StrAppend(&html_, table.columns[i].number ? "<td class=\"n\">" : "<td>",
                        i < row.size() ? EscapeXml(row[i]) : "", "</td>");
      }
      html_ += "</tr>\n";
    }
    html_ += "</tbody>\n</table></div>\n";
  }

  void Methods() {
    if (report_.methods.empty()) return;
    Heading("Methods");
    html_ += "<ul class=\"notes\">\n";
    for (const std::string& note : report_.methods) Element("li", "", note);
    html_ += "</ul>\n";
  }

  void Provenance() {
    if (report_.provenance.empty()) return;
    Heading("Provenance");
    html_ += "<dl class=\"sans\">\n";
    for (const auto& [name, value] : report_.provenance) {
      absl::StrAppend(&html_, "<dt>", EscapeXml(name), "</dt><dd>", EscapeXml(value), "</dd>\n");
    }
    html_ += "</dl>\n";
  }

  const Report& report_;
  std::string html_;
  int figures_ = 0;
  int tables_ = 0;
};

}  // namespace

const char* VerdictWords(Verdict verdict) {
  switch (verdict) {
    case Verdict::kHolds:
      return "holds";
    case Verdict::kDoesNotHold:
      return "does not hold here";
    case Verdict::kUndecided:
      return "undecided";
    case Verdict::kInsufficientData:
      return "insufficient data";
    case Verdict::kIllBehaved:
      return "ill-behaved";
  }
  return "insufficient data";
}

std::string Html(const Report& report) { return ReportWriter(report).Write(); }

}  // namespace trainyard::figures
