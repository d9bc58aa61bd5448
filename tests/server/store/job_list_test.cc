#include "server/store/job_list.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "server/store/job_store.h"
#include "tests/server/store/support.h"

namespace trainyard {
namespace {

class JobListTest : public StoreTest {
 protected:
  std::vector<std::string> Names(ListJobsQuery query) {
    auto page = jobs_.ListJobs(query);
    EXPECT_OK(page.status());
    std::vector<std::string> names;
    if (!page.ok()) return names;
    for (const v1::Job& job : page->jobs) names.push_back(job.name());
    next_page_token_ = page->next_page_token;
    return names;
  }

  // Every page of the list; `between` runs before each further one.
  std::vector<std::string> AllPages(
      ListJobsQuery query, const std::function<void()>& between = [] {}) {
    std::vector<std::string> all;
    do {
      for (const std::string& name : Names(query)) all.push_back(name);
      query.page_token = next_page_token_;
      between();
    } while (!query.page_token.empty() && all.size() < 1000);
    return all;
  }

  absl::Status ErrorOf(ListJobsQuery query) { return jobs_.ListJobs(query).status(); }

  JobStore jobs_{*store_};
  std::string next_page_token_;
};

TEST_F(JobListTest, NewestFirstByDefault) {
  const std::string a = AddJob("a"), b = AddJob("b"), c = AddJob("c");
  EXPECT_EQ(Names({}), (std::vector<std::string>{c, b, a}));
  EXPECT_EQ(Names({.order_by = "create_time"}), (std::vector<std::string>{a, b, c}));
  EXPECT_EQ(next_page_token_, "");
}

TEST_F(JobListTest, PriorityFirstThenTheOldest) {
  const std::string a = AddJob("a", -5), b = AddJob("b", 7), c = AddJob("c", 7), d = AddJob("d");
  EXPECT_EQ(Names({.order_by = "priority desc"}), (std::vector<std::string>{b, c, d, a}));
}

TEST_F(JobListTest, PagesGiveEveryJobOnceInEveryOrder) {
  std::vector<std::string> made;
  for (int i = 0; i < 23; ++i) made.push_back(AddJob("j", i % 3));
  std::sort(made.begin(), made.end());
  for (const char* order : {"", "create_time", "priority desc"}) {
    const std::vector<std::string> whole = Names({.page_size = 1000, .order_by = order});
    std::vector<std::string> paged = AllPages({.page_size = 5, .order_by = order});
    EXPECT_EQ(paged, whole) << order;
    std::sort(paged.begin(), paged.end());
    EXPECT_EQ(paged, made) << order;
  }
}

TEST_F(JobListTest, PagesStandStillWhileJobsAreAdded) {
  std::vector<std::string> before;
  for (int i = 0; i < 12; ++i) before.insert(before.begin(), AddJob("old"));
  // Newest first: what is added later comes before the first page.
  EXPECT_EQ(AllPages({.page_size = 5}, [this] { AddJob("new"); }), before);
}

TEST_F(JobListTest, AFullLastPageHasNoToken) {
  for (int i = 0; i < 4; ++i) AddJob("a");
  Names({.page_size = 4});
  EXPECT_EQ(next_page_token_, "");
  Names({.page_size = 3});
  EXPECT_NE(next_page_token_, "");
}

TEST_F(JobListTest, FiltersByStateAndName) {
  const std::string a = AddJob("alpha"), b = AddJob("beta"), c = AddJob("alpine");
  Claim(a);
  ASSERT_OK(Append(b, {StateEvent(v1::CANCELLED)}));
  EXPECT_EQ(Names({.filter = "state=RUNNING"}), (std::vector<std::string>{a}));
  EXPECT_EQ(Names({.filter = "state=RUNNING,QUEUED"}), (std::vector<std::string>{c, a}));
  EXPECT_EQ(Names({.filter = "state=RUNNING,RUNNING"}), (std::vector<std::string>{a}));
  EXPECT_EQ(Names({.filter = "name:alp"}), (std::vector<std::string>{c, a}));
  EXPECT_EQ(Names({.filter = "name:jobs/alpi"}), (std::vector<std::string>{c}));
  EXPECT_EQ(Names({.filter = "state=QUEUED AND name:alp"}), (std::vector<std::string>{c}));
  EXPECT_EQ(Names({.filter = "state=FAILED"}), std::vector<std::string>());
}

TEST_F(JobListTest, SeveralStatesPageTogether) {
  std::vector<std::string> all;
  for (int i = 0; i < 9; ++i) {
    all.insert(all.begin(), AddJob("j"));
    if (i % 2 == 0) Claim(all.front());
  }
  EXPECT_EQ(AllPages({.page_size = 2, .filter = "state=RUNNING,QUEUED"}), all);
}

TEST_F(JobListTest, ListedJobsAreLight) {
  ASSERT_OK(Write([&](Connection& connection) -> absl::Status {
    v1::Specification specification = Named("big");
    specification.mutable_model()->add_layers()->set_type("dense");
    v1::ModelSummary model;
    model.set_parameters(9);
    model.add_layers()->set_name("dense_0");
    ASSIGN_OR_RETURN(JobRow row,
                     InsertJob(connection, specification, model, 3, clock_.Now(), Counter()));
    return AppendEvents(connection, row, {StateEvent(v1::QUEUED), MetricEvent(1, "test/loss", 4)},
                        clock_.Now());
  }));
  const auto page = jobs_.ListJobs({});
  ASSERT_OK(page.status());
  const v1::Job& job = page->jobs.at(0);
  EXPECT_EQ(job.specification().name(), "big");
  EXPECT_FALSE(job.specification().has_model());
  EXPECT_EQ(job.model().parameters(), 9u);
  EXPECT_EQ(job.model().layers_size(), 0);
  EXPECT_EQ(job.results_size(), 1);
  EXPECT_EQ(job.priority(), 3);
  EXPECT_EQ(jobs_.GetJob(job.name())->model().layers_size(), 1);
}

TEST_F(JobListTest, PageSizesOutOfRangeAreRefused) {
  EXPECT_EQ(ErrorOf({.page_size = -1}).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ErrorOf({.page_size = 1001}).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(Message(ErrorOf({.page_size = 1001})).find("page_size"), std::string::npos);
}

TEST_F(JobListTest, FiltersThatSayNothingAreRefused) {
  for (const char* filter :
       {"state", "state=", "state=running", "state=RUNNING,", "name:", "nane:x",
        "state=RUNNING AND ", "state=RUNNING AND state=QUEUED", "name:a AND name:b",
        "name:a OR name:b", " ", "state=RUNNING and name:a"}) {
    EXPECT_EQ(ErrorOf({.filter = filter}).code(), absl::StatusCode::kInvalidArgument) << filter;
  }
  EXPECT_EQ(ErrorOf({.filter = "name:" + std::string(5000, 'a')}).code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ErrorOf({.order_by = "name"}).code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(JobListTest, ANameFilterIsNoPatternAndNoSql) {
  AddJob("a");
  for (const char* prefix : {"%", "_", "'", "'OR(1=1)--", "*"}) {
    EXPECT_EQ(Names({.filter = std::string("name:") + prefix}), std::vector<std::string>())
        << prefix;
  }
}

TEST_F(JobListTest, ForeignTokensAreRefused) {
  for (int i = 0; i < 3; ++i) AddJob("a");
  Names({.page_size = 1});
  const std::string token = next_page_token_;
  EXPECT_EQ(ErrorOf({.page_token = token, .order_by = "create_time"}).code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ErrorOf({.page_token = token, .filter = "state=QUEUED"}).code(),
            absl::StatusCode::kInvalidArgument);
  for (const std::string& bad :
       {std::string("x"), std::string("!!"), token + "AAAA", token.substr(1),
        absl::WebSafeBase64Escape("99999999999999999999 1 \n")}) {
    EXPECT_EQ(ErrorOf({.page_token = bad}).code(), absl::StatusCode::kInvalidArgument) << bad;
  }
}

TEST_F(JobListTest, NamesResolve) {
  const std::string cat = AddJob("cat"), cats = AddJob("cats");
  EXPECT_EQ(jobs_.ResolveName(cat).value(), cat);
  EXPECT_EQ(jobs_.ResolveName(cat.substr(5)).value(), cat);
  EXPECT_EQ(jobs_.ResolveName("cats").value(), cats);
  EXPECT_EQ(jobs_.ResolveName("@last").value(), cats);
  EXPECT_EQ(ReasonOf(jobs_.ResolveName("cat").status()), "AMBIGUOUS");
  EXPECT_NE(Message(jobs_.ResolveName("cat").status()).find(cats), std::string::npos);
  EXPECT_EQ(jobs_.ResolveName("dog").status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(jobs_.ResolveName("").status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(JobListTest, AnEmptyNameIsNotTheOnlyJob) {
  AddJob("a");
  EXPECT_EQ(jobs_.ResolveName("").status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(jobs_.ResolveName("jobs/").status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(JobListTest, ThereIsNoLastJobAtFirst) {
  EXPECT_EQ(jobs_.ResolveName("@last").status().code(), absl::StatusCode::kNotFound);
}

TEST_F(JobListTest, TheLastSequenceOfAJobIsKnownOrAnError) {
  const std::string job = AddJob("a");
  EXPECT_EQ(jobs_.LastSequence(job).value(), 1u);
  EXPECT_EQ(jobs_.LastSequence("jobs/none").status().code(), absl::StatusCode::kNotFound);
  ASSERT_OK(Write([](Connection& connection) {
    return connection.Run("ALTER TABLE jobs RENAME COLUMN last_sequence TO gone");
  }));
  EXPECT_EQ(jobs_.LastSequence(job).status().code(), absl::StatusCode::kInternal);
}

TEST_F(JobListTest, TakenNamesAreNotGivenAgain) {
  // The same random bits each time: names grow until they are new.
  std::vector<std::string> names;
  for (int i = 0; i < 3; ++i) {
    next_name_ = 0;
    names.push_back(AddJob("twin"));
  }
  EXPECT_EQ(names,
            (std::vector<std::string>{"jobs/twin-2222", "jobs/twin-32222", "jobs/twin-422222"}));
}

}  // namespace
}  // namespace trainyard
