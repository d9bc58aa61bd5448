#include "client/figures/report.h"

#include <cstdlib>

#include "absl/strings/escaping.h"
#include "client/figures/export.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/figures/random_figures.h"
#include "tests/client/temporary_folder.h"

namespace trainyard::figures {
namespace {

using testing::HasSubstr;
using testing::Not;

size_t CountOf(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

// Every text of a report is this one.
Report Hostile(const std::string& text) {
  Report report;
  report.title = report.subtitle = report.abstract = text;
  report.verdicts = {{text, Verdict::kHolds, text, {text}},
                     {text, Verdict::kIllBehaved, text},
                     {text, Verdict::kUndecided, text, std::vector<std::string>(9, text)}};
  Plot plot;
  plot.heading = {text, text, text};
  plot.series = {{text, {{1, 2}, {2, 3}}}, {text, {{1, 1}, {2, 2}}}};
  report.sections = {
      {text,
       {Paragraph{text}, Exhibit{plot, text},
        DataTable{text, {{text}, {text, true}}, {{text, text}, {text}}}, Listing{text}}}};
  report.appendices = {{text, {Listing{text}}}};
  report.methods = {text};
  report.provenance = {{text, text}};
  return report;
}

TEST(Report, SaysEachVerdictInWords) {
  const std::string html = Html(SampleReport());
  EXPECT_EQ(CountOf(html, "</svg>holds</span>"), 3u);
  EXPECT_EQ(CountOf(html, "</svg>does not hold here</span>"), 1u);
  EXPECT_EQ(CountOf(html, "</svg>undecided</span>"), 1u);
  EXPECT_EQ(CountOf(html, "</svg>insufficient data</span>"), 1u);
  EXPECT_THAT(html, HasSubstr("<summary>8 runs</summary>"));
  EXPECT_THAT(html, HasSubstr("runs <code>mlp-60000-s1</code>, <code>rbf-60000-s1</code>"));
}

TEST(Report, PutsAppendicesBehindAllElse) {
  Report report = SampleReport();
  report.verdicts = {{"the curve is a law", Verdict::kIllBehaved, "it rises twice"}};
  report.appendices = {{"Specification", {Listing{"a: 1\n  b: <2>\n"}}}};
  const std::string html = Html(report);
  EXPECT_EQ(CountOf(html, "</svg>ill-behaved</span>"), 1u);
  const size_t listing = html.find("<pre>a: 1\n  b: &lt;2&gt;\n</pre>");
  ASSERT_NE(listing, std::string::npos);
  EXPECT_GT(listing, html.find("<h2>Provenance</h2>"));
}

TEST(Report, NumbersFiguresAndTables) {
  const std::string html = Html(SampleReport());
  EXPECT_THAT(html, HasSubstr("<b>Figure 1. Performance against amount of data.</b>"));
  EXPECT_THAT(html, HasSubstr("<b>Figure 3. What scale and algorithms are worth.</b>"));
  EXPECT_THAT(html, HasSubstr("<b>Table 1.</b> Fitted laws"));
  EXPECT_THAT(html, HasSubstr("<td class=\"n\">16.4 %</td>"));
  EXPECT_THAT(html, HasSubstr("id=\"figure-2-title\"")) << "each picture has its own ids";
}

TEST(Report, CarriesTheNumbersOfItsFigures) {
  const std::string html = Html(SampleReport());
  const std::string csv = absl::Base64Escape(Csv(CrossoverFigure()));
  EXPECT_THAT(html, HasSubstr("<a download=\"figure-2.csv\" href=\"data:text/csv;base64," + csv));
  EXPECT_THAT(html, HasSubstr("download=\"figure-3.json\" href=\"data:application/json;base64,"));
  EXPECT_THAT(html, HasSubstr("download=\"figure-1.svg\" href=\"data:image/svg+xml;base64,"));
}

TEST(Report, NeedsNothingElse) {
  const std::string html = Html(SampleReport());
  EXPECT_THAT(html, HasSubstr("default-src 'none'"));
  for (const char* part : {"<script", "<link", "<img", "@import", "url(http", "src="}) {
    EXPECT_THAT(html, Not(HasSubstr(part))) << part;
  }
  EXPECT_EQ(CountOf(html, "href="), CountOf(html, "href=\"data:"));
  EXPECT_EQ(CountOf(html, "<style>"), 1u) << "pictures share that of the page";
}

TEST(Report, EscapesEveryText) {
  const std::string html = Html(Hostile("<img src=x onerror=alert(1)>\"'&"));
  EXPECT_THAT(html, Not(HasSubstr("<img")));
  EXPECT_THAT(html, HasSubstr("&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;"));
}

TEST(Report, IsWellFormed) {
  if (std::system("xmllint --version >/dev/null 2>&1") != 0) GTEST_SKIP() << "no xmllint here";
  client::TemporaryFolder folder;
  folder.Write("sample.xml", Html(SampleReport()));
  folder.Write("empty.xml", Html(Report()));
  Noise noise(6);
  for (int i = 0; i < 30; ++i) {
    folder.Write(std::to_string(i) + ".xml", Html(Hostile(RandomName(noise))));
  }
  EXPECT_EQ(std::system(("xmllint --noout " + folder.path() + "/*.xml").c_str()), 0);
}

TEST(Report, LeavesOutFilesThatNoBrowserOpens) {
  Report report;
  Plot plot;
  Series series;
  for (int i = 0; i < 400'000; ++i) series.line.push_back({i + 0.123456789, i * 0.987654321});
  plot.series.push_back(series);
  report.sections = {{"", {Exhibit{plot, ""}}}};
  const std::string html = Html(report);
  EXPECT_THAT(html, Not(HasSubstr("figure-1.csv")));
  EXPECT_THAT(html, HasSubstr("figure-1.svg"));
  EXPECT_LT(html.size(), 2u << 20);
}

}  // namespace
}  // namespace trainyard::figures
