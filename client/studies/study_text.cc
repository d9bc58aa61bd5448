#include "client/studies/study_text.h"

#include <google/protobuf/descriptor.h>

#include <cmath>
#include <map>
#include <set>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "client/figures/number.h"
#include "client/lib/job_names.h"
#include "client/lib/spec_to_tree.h"
#include "client/studies/study_numbers.h"

namespace trainyard::client {
namespace {

std::string Four(double value) { return absl::StrFormat("%.4g", value); }

// Of the formulas that are known; none for others.
std::vector<std::string> CoefficientNames(const std::string& formula) {
  if (formula == "E") return {"E"};
  if (formula == "E + A n^-b") return {"E", "A"};
  if (formula == "a - b log n") return {"a", "b"};
  return {};
}

std::string CsvCell(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  return absl::StrCat("\"", absl::StrReplaceAll(text, {{"\"", "\"\""}}), "\"");
}

}  // namespace

figures::Verdict VerdictOf(v1::Verdict verdict) {
  switch (verdict) {
    case v1::HOLDS:
      return figures::Verdict::kHolds;
    case v1::DOES_NOT_HOLD:
      return figures::Verdict::kDoesNotHold;
    case v1::INSUFFICIENT_DATA:
      return figures::Verdict::kInsufficientData;
    case v1::ILL_BEHAVED:
      return figures::Verdict::kIllBehaved;
    default:
      return figures::Verdict::kUndecided;
  }
}

std::string WithoutVerdict(const std::string& sentence, v1::Verdict verdict) {
  const std::string words = absl::StrCat(figures::VerdictWords(VerdictOf(verdict)), ": ");
  const size_t at = sentence.find(words);
  if (at == std::string::npos) return sentence;
  // At the beginning, or behind the name of what it speaks of.
  const bool begins = at == 0 || sentence.find(": ") + 2 == at;
  return begins ? sentence.substr(0, at) + sentence.substr(at + words.size()) : sentence;
}

figures::NumberFormat ErrorFormat(const v1::Study& study) {
  return IsRegression(study) ? figures::NumberFormat::kPlain : figures::NumberFormat::kPercent;
}

std::string EstimateText(const v1::IntervalEstimate& estimate, figures::NumberFormat format,
                         bool unicode) {
  // An empty range was never filled in.
  const bool known = estimate.low() < estimate.high();
  return figures::WithInterval(estimate.value(), known ? estimate.low() : figures::kNothing,
                               known ? estimate.high() : figures::kNothing, format, unicode);
}

std::string LawText(const v1::StudyLaw& law) {
  const std::string& formula = law.formula();
  const auto at = [&](int index) { return Four(law.coefficients(index)); };
  if (formula == "E" && law.coefficients_size() == 1) return at(0);
  if (formula == "E + A n^-b" && law.coefficients_size() == 2 && law.exponents_size() == 1) {
    return absl::StrCat(at(0), " + ", at(1), " n^-", Four(law.exponents(0)));
  }
  if (formula == "a - b log n" && law.coefficients_size() == 2) {
    return absl::StrCat(at(0), " - ", at(1), " log n");
  }
  return formula;
}

std::string ExactLawText(const v1::StudyLaw& law) {
  std::vector<std::string> names = CoefficientNames(law.formula());
  std::vector<std::string> parts;
  for (int i = 0; i < law.coefficients_size(); ++i) {
    const auto index = static_cast<size_t>(i);
    const std::string name = index < names.size() ? names[index] : absl::StrCat("coefficient ", i);
    parts.push_back(absl::StrCat(name, " = ", figures::ExactNumber(law.coefficients(i))));
  }
  for (int i = 0; i < law.exponents_size(); ++i) {
    const std::string name =
        law.exponents_size() == 1 && !names.empty() ? "b" : absl::StrCat("exponent ", i);
    parts.push_back(absl::StrCat(name, " = ", figures::ExactNumber(law.exponents(i))));
  }
  return absl::StrJoin(parts, ", ");
}

std::string OwnValues(const v1::Run& run) {
  std::vector<std::string> values;
  if (run.has_seed()) values.push_back(absl::StrCat("seed ", run.seed()));
  if (run.has_learning_rate())
    values.push_back(absl::StrCat("learning_rate ", run.learning_rate()));
  if (run.has_weight_decay()) values.push_back(absl::StrCat("weight_decay ", run.weight_decay()));
  if (run.has_train_size()) values.push_back(absl::StrCat("train_size ", run.train_size()));
  if (run.has_subset_seed()) values.push_back(absl::StrCat("subset_seed ", run.subset_seed()));
  const std::map<std::string, double> learner(run.learner().begin(), run.learner().end());
  for (const auto& [name, value] : learner) values.push_back(absl::StrCat(name, " ", value));
  return absl::StrJoin(values, ", ");
}

std::string CandidateText(const v1::Study& study, const v1::StudyPoint& point) {
  const v1::Contender* contender = ContenderOf(study, point.contender());
  if (contender == nullptr || contender->candidates().empty()) return "as specified";
  if (point.candidate() >= static_cast<uint32_t>(contender->candidates_size())) return "unknown";
  const std::string values = OwnValues(contender->candidates(static_cast<int>(point.candidate())));
  return values.empty() ? "as specified" : values;
}

std::string FamilyText(const v1::Contender& contender) {
  if (contender.family() == v1::TRADITIONAL) return "traditional";
  if (contender.family() == v1::NETWORK) return "network";
  return contender.specification().has_model() ? "network" : "traditional";
}

std::string WhatIsTrained(const v1::Contender& contender) {
  const v1::Specification& specification = contender.specification();
  if (specification.has_learner()) return specification.learner().type();
  const int layers = specification.model().layers_size();
  std::string text = absl::StrCat(layers, layers == 1 ? " layer" : " layers");
  if (!specification.optimizer().type().empty()) {
    absl::StrAppend(&text, ", ", specification.optimizer().type());
  }
  return text;
}

std::string JobsText(const v1::Study& study, const v1::StudyFinding& finding) {
  const std::set<std::string> jobs(finding.jobs().begin(), finding.jobs().end());
  std::map<std::string, std::set<std::string>> of_contenders;
  for (const v1::StudyPoint& point : study.points()) {
    if (jobs.count(point.job()) != 0) of_contenders[point.contender()].insert(point.job());
  }
  size_t rests_on = 0;
  bool whole = true;
  std::vector<std::string> names;
  for (const v1::Contender& contender : study.specification().contenders()) {
    const size_t measured = MeasuredPoints(study, contender.name()).size();
    const auto found = of_contenders.find(contender.name());
    if (found == of_contenders.end()) continue;
    rests_on += found->second.size();
    // Of one job its name says more.
    whole = whole && measured > 1 && found->second.size() == measured;
    names.push_back("of " + contender.name());
  }
  if (whole && rests_on == jobs.size()) {
    return names.size() == static_cast<size_t>(study.specification().contenders_size())
               ? "all of the study"
               : absl::StrCat("all ", absl::StrJoin(names, " and "));
  }
  std::vector<std::string> singly;
  for (const std::string& job : finding.jobs()) singly.push_back(ShortJobName(job));
  return absl::StrJoin(singly, ", ");
}

std::string SpecificationYaml(const v1::Study& study) {
  v1::StudySpecification specification = study.specification();
  // The server makes them of it again.
  if (specification.has_takeaway() || specification.has_activation())
    specification.clear_contenders();
  return WriteYaml(TreeFromMessage(specification));
}

std::string PointsCsv(const v1::Study& study) {
  std::string csv =
      "contender,family,size,job,state,message,candidate,seed,error,validation_error,mean,low,high,"
      "parameters,core_seconds,flops\n";
  for (const v1::StudyPoint& point : study.points()) {
    const v1::Contender* contender = ContenderOf(study, point.contender());
    const bool measured = IsMeasured(point);
    const auto number = [&](bool known, double value) {
      return known ? figures::ExactNumber(value) : std::string();
    };
    const std::vector<std::string> head = {CsvCell(point.contender()),
                                           contender == nullptr ? "" : FamilyText(*contender),
                                           absl::StrCat(point.size()),
                                           CsvCell(point.job()),
                                           v1::JobState_Name(point.state()),
                                           CsvCell(point.message()),
                                           measured ? CsvCell(CandidateText(study, point)) : ""};
    const std::vector<std::string> tail = {
        number(measured, point.mean().value()), number(measured, point.mean().low()),
        number(measured, point.mean().high()),  absl::StrCat(point.parameters()),
        number(true, point.core_seconds()),     number(true, point.flops())};
    const auto line = [&](const std::string& seed, const std::string& error,
                          const std::string& loss) {
      absl::StrAppend(&csv, absl::StrJoin(head, ","), ",", seed, ",", error, ",", loss, ",",
                      absl::StrJoin(tail, ","), "\n");
    };
    for (const v1::StudyPoint::Seed& seed : point.seeds()) {
      line(absl::StrCat(seed.seed()), figures::ExactNumber(seed.error()),
           figures::ExactNumber(seed.validation_error()));
    }
    if (point.seeds().empty()) line("", "", "");
  }
  return csv;
}

}  // namespace trainyard::client
