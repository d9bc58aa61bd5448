// Verdicts, laws, candidates and numbers of a study in words, as tables on a screen and in reports
// have them. Pure functions.
#pragma once

#include <string>

#include "client/figures/figure.h"
#include "client/figures/report.h"
#include "trainyard/v1/study.pb.h"

namespace trainyard::client {

// What a newer server says that is not known here is undecided.
figures::Verdict VerdictOf(v1::Verdict verdict);
// A sentence that is shown behind its verdict, without the words that say the verdict again:
// "insufficient data: 4 sizes", "mlp: undecided: no run makes an error".
std::string WithoutVerdict(const std::string& sentence, v1::Verdict verdict);

// How errors of the study are written: percent, or as they are for regressions.
figures::NumberFormat ErrorFormat(const v1::Study& study);
// "8.2 % [7.9, 8.5]"; without an end that is known, the value alone.
std::string EstimateText(const v1::IntervalEstimate& estimate, figures::NumberFormat format,
                         bool unicode = true);

// "0.08214 + 1.532 n^-0.351"; the law's name with unknown parts where it is of a kind that is not
// known here; "" where there is none.
std::string LawText(const v1::StudyLaw& law);
// The numbers of a law as they are, none rounded: "E = 0.0821…, A = …, b = …".
std::string ExactLawText(const v1::StudyLaw& law);

// "seed 3, learning_rate 0.1, c 10": what a run has of its own.
std::string OwnValues(const v1::Run& run);
// That of a point's chosen candidate; "as specified" where the contender has none.
std::string CandidateText(const v1::Study& study, const v1::StudyPoint& point);

// "traditional" or "network"; by what is trained where the specification does not say.
std::string FamilyText(const v1::Contender& contender);
// "kernel_svm", "5 layers with adam".
std::string WhatIsTrained(const v1::Contender& contender);

// The jobs that a finding rests on: "all of the study", "all of mlp and of svm", or their names.
std::string JobsText(const v1::Study& study, const v1::StudyFinding& finding);
// The specification as YAML that makes the same study again: what the server makes of it is left
// out.
std::string SpecificationYaml(const v1::Study& study);

// The points as CSV, a line a seed, exactly:
//   contender,family,size,job,state,message,candidate,seed,error,validation_error,mean,low,high,
//   parameters,core_seconds,flops
// A point that has no seeds has one line with these empty.
std::string PointsCsv(const v1::Study& study);

}  // namespace trainyard::client
