#include "client/studies/study_report.h"

#include <cmath>
#include <limits>

#include "absl/strings/str_cat.h"
#include "client/studies/study_numbers.h"
#include "client/studies/study_text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/studies/sample_study.h"

namespace trainyard::client {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::string HtmlOf(const v1::Study& study) {
  return figures::Html(ReportOf(study, {{"server", "trainyardd 1"}}));
}

TEST(StudyReport, BeginsWithTheAnswer) {
  const figures::Report report = ReportOf(SampleStudy(), {});
  EXPECT_EQ(report.title, "Study scaling");
  EXPECT_EQ(report.subtitle,
            "fashion-mnist, 7 contenders, 8 sizes from 100 to 54,000 training samples, 5 seeds");
  EXPECT_THAT(report.abstract, HasSubstr("56 of 56 points were measured"));
  EXPECT_THAT(report.abstract, HasSubstr("the best network (cnn) has a test error of"));
  EXPECT_THAT(report.abstract, HasSubstr("the best traditional learner (hog-svm) has"));
  EXPECT_THAT(
      report.abstract,
      HasSubstr("Of 10 claims 5 hold, 2 do not hold here, 1 is undecided, 1 has insufficient "
                "data, 1 is ill-behaved."));
  ASSERT_EQ(report.verdicts.size(), 10u);
  EXPECT_EQ(report.verdicts[4].verdict, figures::Verdict::kHolds);
  EXPECT_EQ(report.verdicts[4].runs[0], "scaling-cnn-54000");
}

TEST(StudyReport, HasAllThatTheStudyHas) {
  const std::string html = HtmlOf(SampleStudy());
  EXPECT_THAT(html, HasSubstr("0.047 + 3.4 n^-0.43"));
  EXPECT_THAT(html, HasSubstr("E = 0.047, A = 3.4, b = 0.43"));
  EXPECT_THAT(html, HasSubstr("learning_rate 0.01"));
  EXPECT_THAT(html, HasSubstr("<td>c 10</td>"));
  EXPECT_THAT(html, HasSubstr("540,000"));
  EXPECT_THAT(html, HasSubstr("family: traditional"));
  EXPECT_THAT(html, HasSubstr("[120,000, ∞]"));
  EXPECT_THAT(html, HasSubstr("trainyardd 1"));
  EXPECT_THAT(html, Not(HasSubstr("What is missing")));
}

TEST(StudyReport, NeverHidesWhatFailed) {
  const std::string html = HtmlOf(FlawedStudy());
  EXPECT_THAT(html, HasSubstr("54 of 56 points were measured"));
  EXPECT_THAT(html, HasSubstr("<h2>What is missing</h2>"));
  EXPECT_THAT(html, HasSubstr("OUT_OF_MEMORY: the kernel matrix"));
  const std::string unfinished = HtmlOf(UnfinishedStudy(9));
  EXPECT_THAT(unfinished, HasSubstr("47 points have not ended"));
  EXPECT_THAT(unfinished, HasSubstr("Not ended yet: linear-svm at 300 (running), 1,000, 3,000"));
  EXPECT_THAT(unfinished, HasSubstr("No claim has been judged yet."));
}

TEST(StudyReport, TakesAnyStudy) {
  EXPECT_THAT(HtmlOf(v1::Study()), HasSubstr("No point has been measured yet."));
  EXPECT_THAT(HtmlOf(RegressionStudy()), HasSubstr("mean squared"));
  const std::string hostile = HtmlOf(WideStudy(64, "<script>alert(1)</script>\x1b[2J\xff"));
  EXPECT_THAT(hostile, Not(HasSubstr("<script")));
  EXPECT_LT(hostile.size(), 8'000'000u);
}

TEST(StudyText, WritesLaws) {
  v1::StudyLaw law;
  EXPECT_EQ(LawText(law), "");
  law.set_formula("E + A n^-b");
  EXPECT_EQ(LawText(law), "E + A n^-b") << "without its numbers";
  for (const double value : {0.0821437, 1.53}) law.add_coefficients(value);
  law.add_exponents(0.351234);
  EXPECT_EQ(LawText(law), "0.08214 + 1.53 n^-0.3512");
  EXPECT_EQ(ExactLawText(law), "E = 0.0821437, A = 1.53, b = 0.351234");
  law.set_formula("a - b log n");
  EXPECT_EQ(LawText(law), "0.08214 - 1.53 log n");
  law.set_formula("something new");
  EXPECT_EQ(LawText(law), "something new");
  EXPECT_EQ(ExactLawText(law),
            "coefficient 0 = 0.0821437, coefficient 1 = 1.53, exponent 0 = "
            "0.351234");
}

TEST(StudyText, WritesEstimates) {
  v1::IntervalEstimate estimate;
  estimate.set_value(0.082);
  EXPECT_EQ(EstimateText(estimate, figures::NumberFormat::kPercent), "8.2 %");
  estimate.set_low(0.08);
  estimate.set_high(std::numeric_limits<double>::infinity());
  EXPECT_EQ(EstimateText(estimate, figures::NumberFormat::kPercent), "8.2 % [8.0, ∞]");
  EXPECT_EQ(EstimateText(estimate, figures::NumberFormat::kPercent, false), "8.2 % [8.0, inf]");
}

TEST(StudyText, NamesTheChosenCandidate) {
  const v1::Study study = SampleStudy();
  EXPECT_EQ(CandidateText(study, study.points(0)), "c 10");
  v1::StudyPoint point;
  EXPECT_EQ(CandidateText(study, point), "as specified") << "a contender that is not known";
  point = study.points(0);
  point.set_candidate(99);
  EXPECT_EQ(CandidateText(study, point), "unknown");
}

TEST(StudyText, NamesWhatARunHasOfItsOwn) {
  v1::Run run;
  EXPECT_EQ(OwnValues(run), "");
  run.set_seed(0);
  run.set_learning_rate(0.01);
  (*run.mutable_learner())["gamma"] = 0.5;
  (*run.mutable_learner())["c"] = 10;
  EXPECT_EQ(OwnValues(run), "seed 0, learning_rate 0.01, c 10, gamma 0.5");
}

TEST(StudyText, WritesEverySeedAsCsv) {
  const std::string csv = PointsCsv(FlawedStudy());
  EXPECT_THAT(csv, StartsWith("contender,family,size,job,state,message,candidate,seed,error"));
  EXPECT_THAT(csv, HasSubstr("\nkernel-svm,traditional,1000,jobs/scaling-kernel-svm-1000,FAILED,"
                             "\"OUT_OF_MEMORY: the kernel matrix of 1,000 samples needs 8 MB\","));
  EXPECT_THAT(csv, HasSubstr(",nan,"));
  // 54 points with five seeds, one without, one that was cancelled with its five.
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 1 + 55 * 5 + 1);
}

TEST(StudyNumbers, CountsWhatEnded) {
  const Progress progress = ProgressOf(UnfinishedStudy(21));
  EXPECT_EQ(progress.measured, 21);
  EXPECT_EQ(progress.running, 1);
  EXPECT_EQ(progress.waiting, 34);
  EXPECT_EQ(progress.ended(), 21);
  EXPECT_EQ(WhatIsMissing(SampleStudy()), "");
  EXPECT_EQ(WhatIsMissing(UnfinishedStudy(21)),
            "Of 56 points 35 points have not ended; they are in no figure.");
}

TEST(StudyNumbers, AnUnknownVerdictIsUndecided) {
  EXPECT_EQ(VerdictOf(v1::VERDICT_UNSPECIFIED), figures::Verdict::kUndecided);
  EXPECT_EQ(VerdictOf(static_cast<v1::Verdict>(77)), figures::Verdict::kUndecided);
  EXPECT_EQ(VerdictOf(v1::ILL_BEHAVED), figures::Verdict::kIllBehaved);
}

}  // namespace
}  // namespace trainyard::client
