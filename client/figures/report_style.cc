#include "client/figures/report_style.h"

#include "absl/strings/str_cat.h"
#include "client/figures/svg.h"

namespace trainyard::figures {
namespace {

constexpr char kPage[] = R"(
:root{--ink:#1b1f24;--muted:#59616b;--line:#d5d9de;--paper:#fff;--box:#f6f7f9;
--good:#00705a;--bad:#b3440a;--open:#6b5800;--none:#59616b;--link:#0b5cad}
@media screen and (prefers-color-scheme:dark){:root{--ink:#e8eaed;--muted:#a3abb5;--line:#343b44;
--paper:#14171b;--box:#1b1f25;--good:#4fd1ab;--bad:#ff9a5c;--open:#e3c553;--none:#a3abb5;--link:#7db8f2}}
*{box-sizing:border-box}
html{background:var(--paper);color:var(--ink);-webkit-text-size-adjust:100%}
body{margin:0 auto;max-width:47.5rem;padding:3.5rem 1.25rem 4rem;
font:1.0625rem/1.58 Charter,"Bitstream Charter","Iowan Old Style",Georgia,"Liberation Serif",serif;
overflow-wrap:break-word;hanging-punctuation:first}
h1,h2,figcaption,table,.sans,details{font-family:"Helvetica Neue",Helvetica,Arial,"Liberation Sans",sans-serif}
h1{font-size:1.9rem;line-height:1.18;letter-spacing:-.012em;margin:0 0 .4rem;text-wrap:balance}
.subtitle{color:var(--muted);font-size:1.0625rem;margin:0 0 1.8rem}
h2{font-size:1.2rem;line-height:1.3;margin:2.8rem 0 .7rem;letter-spacing:-.004em}
p{margin:0 0 .9rem;text-wrap:pretty}
a{color:var(--link)}
.abstract{margin:0 0 2rem}
.verdicts{border-top:2px solid var(--ink);border-bottom:1px solid var(--line);margin:0 0 1.2rem;padding:0;list-style:none}
.verdicts li{display:grid;grid-template-columns:10.5rem 1fr;column-gap:1.2rem;padding:.8rem 0;border-top:1px solid var(--line);break-inside:avoid}
.verdicts li:first-child{border-top:0}
.verdict{font-weight:600;font-size:.9375rem;display:flex;gap:.5rem;align-items:flex-start;line-height:1.45}
.verdict svg{flex:none;width:1.1rem;height:1.1rem;margin-top:.12rem}
.holds{color:var(--good)}.fails{color:var(--bad)}.open{color:var(--open)}.none{color:var(--none)}
.claim{margin:0;line-height:1.45}
.numbers{margin:.15rem 0 0;font-size:.875rem;color:var(--muted);line-height:1.45;font-variant-numeric:tabular-nums}
.runs{font-size:.8125rem;color:var(--muted);margin:.15rem 0 0;line-height:1.5}
.runs summary{cursor:pointer}
pre{font:.75rem/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace;background:var(--box);
border:1px solid var(--line);border-radius:3px;padding:.8rem 1rem;margin:1rem 0 2rem;overflow-x:auto}
code{font:.92em/1.4 ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace;overflow-wrap:anywhere}
figure{margin:1rem 0 2.2rem;break-inside:avoid}
figure svg.ty{display:block;max-width:calc(100% + 36px);height:auto;margin:0 -18px}
figcaption{font-size:.875rem;line-height:1.5;color:var(--muted);margin-top:.5rem}
figcaption b,caption b{color:var(--ink);font-weight:600}
.files{white-space:nowrap}
.files a{text-decoration:none;margin-left:.55rem}.files a:hover{text-decoration:underline}
.wide{overflow-x:auto;margin:1.6rem 0 2rem}
table{border-collapse:collapse;font-size:.875rem;line-height:1.4;min-width:50%}
caption{caption-side:top;text-align:left;color:var(--muted);padding-bottom:.6rem;line-height:1.5}
th{font-weight:600;text-align:left;vertical-align:bottom;border-top:1.5px solid var(--ink);border-bottom:1px solid var(--ink);padding:.4rem .9rem .4rem 0}
td{padding:.34rem .9rem .34rem 0;vertical-align:top}
tbody tr:last-child td{border-bottom:1.5px solid var(--ink)}
th:last-child,td:last-child{padding-right:0}
.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.notes{font-size:.9375rem;padding-left:1.15rem;margin:0}.notes li{margin:0 0 .45rem}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.28rem 1.4rem;font-size:.875rem;line-height:1.45;margin:0}
dt{color:var(--muted)}dd{margin:0;overflow-wrap:anywhere}
@media (max-width:34rem){.verdicts li{grid-template-columns:1fr;row-gap:.2rem}dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:.5rem}}
@media print{@page{margin:18mm 16mm}body{max-width:none;padding:0;font-size:10.5pt;line-height:1.45}
h1{font-size:18pt}pre{white-space:pre-wrap;border:0;padding:0;font-size:7.5pt}.wide{overflow:visible}table{font-size:8.5pt}
h2{font-size:12.5pt;break-after:avoid}.files{display:none}
.runs summary{list-style:none}tr{break-inside:avoid}thead{display:table-header-group}}
)";

}  // namespace

std::string ReportStyle() { return absl::StrCat(SvgStyle(Theme::kAuto), kPage); }

std::string VerdictIcon(Verdict verdict) {
  const char* shape = "";
  switch (verdict) {
    case Verdict::kHolds:  // a filled disc with a tick
      shape =
          "<circle cx=\"8\" cy=\"8\" r=\"7.5\" fill=\"currentColor\"/><path d=\"M4.5 8.3l2.4 "
          "2.4 4.6-5\" fill=\"none\" stroke=\"var(--paper)\" stroke-width=\"1.8\"/>";
      break;
    case Verdict::kDoesNotHold:  // a filled square with a cross
      shape =
          "<rect x=\".8\" y=\".8\" width=\"14.4\" height=\"14.4\" rx=\"2\" fill=\"currentColor\"/>"
          "<path d=\"M5 5l6 6M11 5l-6 6\" stroke=\"var(--paper)\" stroke-width=\"1.8\"/>";
      break;
    case Verdict::kUndecided:  // a disc that is half full
      shape =
          "<circle cx=\"8\" cy=\"8\" r=\"6.8\" fill=\"none\" stroke=\"currentColor\" "
          "stroke-width=\"1.4\"/><path d=\"M8 1.2a6.8 6.8 0 010 13.6z\" fill=\"currentColor\"/>";
      break;
    case Verdict::kIllBehaved:  // a hollow triangle with a line that goes up and down
      shape =
          "<path d=\"M8 1.4L15.2 14.6H.8z\" fill=\"none\" stroke=\"currentColor\" "
          "stroke-width=\"1.4\" stroke-linejoin=\"round\"/><path d=\"M4 12l2.2-3.4 2 2.6 2-4.4 "
          "1.8 5.2\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"1.2\"/>";
      break;
    case Verdict::kInsufficientData:  // a ring of dots
      shape =
          "<circle cx=\"8\" cy=\"8\" r=\"6.8\" fill=\"none\" stroke=\"currentColor\" "
          "stroke-width=\"1.6\" stroke-dasharray=\"2 2.27\"/>";
      break;
  }
  return absl::StrCat("<svg viewBox=\"0 0 16 16\" aria-hidden=\"true\">", shape, "</svg>");
}

const char* VerdictStyle(Verdict verdict) {
  switch (verdict) {
    case Verdict::kHolds:
      return "holds";
    case Verdict::kDoesNotHold:
      return "fails";
    case Verdict::kUndecided:
      return "open";
    case Verdict::kIllBehaved:
      return "open";
    case Verdict::kInsufficientData:
      return "none";
  }
  return "none";
}

}  // namespace trainyard::figures
