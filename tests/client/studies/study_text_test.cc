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

}  // namespace
}  // namespace trainyard::client
