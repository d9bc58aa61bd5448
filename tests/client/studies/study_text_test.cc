#include "client/studies/study_text.h"

#include <gtest/gtest.h>

#include <initializer_list>

#include "absl/strings/str_cat.h"

namespace trainyard::client {
namespace {

// Two contenders with two measured points each, jobs/a-100 ... jobs/b-200, and one that failed.
v1::Study TwoContenders() {
  v1::Study study;
  for (const char* name : {"a", "b"}) {
    study.mutable_specification()->add_contenders()->set_name(name);
    for (const uint64_t size : {100, 200}) {
      v1::StudyPoint& point = *study.add_points();
      point.set_contender(name);
      point.set_size(size);
      point.set_job(absl::StrCat("jobs/", name, "-", size));
      point.set_state(v1::SUCCEEDED);
      point.mutable_mean()->set_value(0.1);
      point.add_seeds()->set_error(0.1);
    }
  }
  v1::StudyPoint& failed = *study.add_points();
  failed.set_contender("b");
  failed.set_size(300);
  failed.set_job("jobs/b-300");
  failed.set_state(v1::FAILED);
  return study;
}

std::string JobsOf(const v1::Study& study, std::initializer_list<const char*> jobs) {
  v1::StudyFinding finding;
  for (const char* job : jobs) finding.add_jobs(job);
  return JobsText(study, finding);
}

TEST(JobsText, NamesContendersWhoseMeasuredPointsAreAllMeant) {
  v1::Study study = TwoContenders();
  EXPECT_EQ(JobsOf(study, {"jobs/a-100", "jobs/a-200"}), "all of a");
  EXPECT_EQ(JobsOf(study, {"jobs/a-100", "jobs/a-200", "jobs/b-100", "jobs/b-200"}),
            "all of the study");
  study.mutable_specification()->add_contenders()->set_name("c");
  EXPECT_EQ(JobsOf(study, {"jobs/a-100", "jobs/a-200", "jobs/b-100", "jobs/b-200"}),
            "all of a and of b");
}

TEST(JobsText, ElseNamesTheJobs) {
  EXPECT_EQ(JobsOf(TwoContenders(), {"jobs/a-100"}), "a-100");
  EXPECT_EQ(JobsOf(TwoContenders(), {"jobs/a-100", "jobs/a-200", "jobs/b-100"}),
            "a-100, a-200, b-100");
  EXPECT_EQ(JobsOf(TwoContenders(), {"jobs/of-another-study"}), "of-another-study");
}

TEST(WithoutVerdict, LeavesOutWhatTheVerdictSays) {
  const auto rest = [](const char* sentence, v1::Verdict verdict) {
    return WithoutVerdict(sentence, verdict);
  };
  EXPECT_EQ(rest("undecided: from 100 to 1,000 the curves are alike", v1::UNDECIDED),
            "from 100 to 1,000 the curves are alike");
  EXPECT_EQ(rest("mlp: insufficient data: 4 sizes", v1::INSUFFICIENT_DATA), "mlp: 4 sizes");
  EXPECT_EQ(rest("ill-behaved: the error rises", v1::ILL_BEHAVED), "the error rises");
  // Other words, elsewhere, or of another verdict, are the sentence's own.
  EXPECT_EQ(rest("data-limited: 90 % is for want of data", v1::HOLDS),
            "data-limited: 90 % is for want of data");
  EXPECT_EQ(rest("a: b: undecided: c", v1::UNDECIDED), "a: b: undecided: c");
  EXPECT_EQ(rest("it is undecided: nobody knows", v1::UNDECIDED), "it is undecided: nobody knows");
  EXPECT_EQ(rest("undecided: c", v1::HOLDS), "undecided: c");
  EXPECT_EQ(rest("", v1::UNDECIDED), "");
}

}  // namespace
}  // namespace trainyard::client
