#include "server/store/forecast_store.h"

#include "server/store/result_keys.h"
#include "server/store/study_store.h"
#include "tests/server/store/support.h"

namespace trainyard {
namespace {

class ForecastStoreTest : public StoreTest {
 protected:
  std::string Add(double samples, const std::string& key = "") {
    StoredForecast forecast;
    forecast.forecast.set_samples(samples);
    forecast.result_key = key;
    const auto made = ForecastStore(*store_).Insert(forecast, "mlp", Counter(), clock_.Now());
    EXPECT_OK(made.status());
    return made.ok() ? made->name() : "";
  }
  void Score(const std::string& name) {
    ForecastStore forecasts(*store_);
    StoredForecast stored = *forecasts.Get(name);
    stored.forecast.mutable_score()->set_measured(0.5);
    EXPECT_OK(forecasts.Update(stored.forecast));
  }
};

TEST_F(ForecastStoreTest, KeepsWhatItWasGiven) {
  const std::string name = Add(5, "key");
  EXPECT_EQ(name.rfind("forecasts/mlp-", 0), 0u);
  Reopen();
  const auto stored = ForecastStore(*store_).Get("mlp");  // a prefix
  ASSERT_OK(stored.status());
  EXPECT_EQ(stored->forecast.name(), name);
  EXPECT_DOUBLE_EQ(stored->forecast.samples(), 5);
  EXPECT_EQ(stored->result_key, "key");
  EXPECT_TRUE(stored->forecast.has_create_time());
}

TEST_F(ForecastStoreTest, ScoresMoveItAmongTheScored) {
  const std::string first = Add(1, "a");
  Add(2, "b");
  Add(3);  // by hand alone
  ForecastStore forecasts(*store_);
  EXPECT_EQ(forecasts.Unscored()->size(), 2u);
  Score(first);
  EXPECT_EQ(forecasts.Unscored()->size(), 1u);
  ASSERT_EQ(forecasts.Scored()->size(), 1u);
  EXPECT_EQ((*forecasts.Scored())[0].name(), first);
  EXPECT_EQ(*forecasts.Count(), 3);
}

TEST_F(ForecastStoreTest, ListsInPages) {
  for (int i = 1; i <= 3; ++i) Add(i);
  Score("@last");
  ForecastStore forecasts(*store_);
  int64_t last = 0;
  const auto page = forecasts.List(2, /*scored=*/false, 0, last);
  ASSERT_EQ(page->size(), 2u);
  EXPECT_DOUBLE_EQ((*page)[0].forecast.samples(), 3);  // newest first
  ASSERT_NE(last, 0);
  const auto rest = forecasts.List(2, false, last, last);
  ASSERT_EQ(rest->size(), 1u);
  EXPECT_DOUBLE_EQ((*rest)[0].forecast.samples(), 1);
  EXPECT_EQ(last, 0);
  EXPECT_EQ(forecasts.List(2, /*scored=*/true, 0, last)->size(), 1u);
}

TEST_F(ForecastStoreTest, WhatIsGoneIsNotFound) {
  const std::string name = Add(1);
  ForecastStore forecasts(*store_);
  EXPECT_OK(forecasts.Delete(name));
  EXPECT_EQ(ReasonOf(forecasts.Get(name).status()), "FORECAST_NOT_FOUND");
  EXPECT_EQ(ReasonOf(forecasts.Get("@last").status()), "FORECAST_NOT_FOUND");
}

TEST_F(ForecastStoreTest, TheStoreIsNotFilled) {
  EXPECT_OK(Write([](Connection& connection) {
    return connection.Run(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000) INSERT "
        "INTO forecasts (name, scored, result_key, forecast) SELECT 'f' || i, 0, '', x'' FROM n");
  }));
  const auto one_more =
      ForecastStore(*store_).Insert(StoredForecast(), "x", Counter(), clock_.Now());
  EXPECT_EQ(ReasonOf(one_more.status()), "TOO_MANY_FORECASTS");
}

class ResultKeysTest : public StoreTest {
 protected:
  std::string Done(const std::string& label, const std::string& key, v1::JobState state) {
    const std::string job = AddJob(label);
    EXPECT_OK(
        Write([&](Connection& connection) { return SetResultKey(connection, Row(job).id, key); }));
    if (state == v1::CANCELLED) {
      EXPECT_OK(Append(job, {StateEvent(v1::CANCELLED)}));
      return job;
    }
    Claim(job);
    EXPECT_OK(Append(job, {StateEvent(state)}));
    return job;
  }
  std::string Find(const std::string& key) {
    std::string name;
    EXPECT_OK(store_->Read([&](Connection& connection) -> absl::Status {
      ASSIGN_OR_RETURN(const std::optional<JobRow> row, FindResult(connection, key));
      if (row.has_value()) name = row->summary.name();
      return absl::OkStatus();
    }));
    return name;
  }
};

TEST_F(ResultKeysTest, TheNewestSuccessIsFound) {
  Done("a", "key", v1::SUCCEEDED);
  const std::string newest = Done("b", "key", v1::SUCCEEDED);
  Done("c", "key", v1::FAILED);
  Done("d", "key", v1::CANCELLED);
  Done("e", "other", v1::SUCCEEDED);
  Done("f", "", v1::SUCCEEDED);
  EXPECT_EQ(Find("key"), newest);
  Reopen();
  EXPECT_EQ(Find("key"), newest);
  EXPECT_EQ(Find("none"), "");
  EXPECT_EQ(Find(""), "");
}

TEST_F(ForecastStoreTest, ThoseOfAStudyAreKeptOnce) {
  v1::Study study;
  study.mutable_specification()->set_name("more");
  study.mutable_specification()->add_contenders()->set_name("a");
  study.add_points()->set_contender("a");
  const std::string job = AddJob("a-100");
  ASSERT_OK(Write([&](Connection& connection) {
    return InsertStudy(connection, "", "hash", {job}, Counter(), clock_.Now(), study);
  }));
  StudyStore studies(*store_);
  ForecastStore forecasts(*store_);
  const auto keep = [&](int points, const std::vector<double>& samples) {
    std::vector<StoredForecast> made;
    for (const double each : samples) {
      made.emplace_back().forecast.set_contender("a");
      made.back().forecast.set_samples(each);
    }
    const auto kept = forecasts.KeepOfStudy(
        study.name(), points, made, [](const v1::Forecast&) { return "a"; }, Counter(),
        clock_.Now());
    EXPECT_OK(kept.status());
    return kept.ok() ? *kept : 1000;
  };
  const std::vector<std::string> due = {study.name()};
  EXPECT_TRUE(studies.ForecastsDue()->empty()) << "its job has not ended";
  Claim(job);
  ASSERT_OK(Append(job, {StateEvent(v1::SUCCEEDED)}));
  EXPECT_EQ(*studies.ForecastsDue(), due);
  EXPECT_EQ(keep(2, {1000}), 0u) << "it was made from other points";
  EXPECT_EQ(*studies.ForecastsDue(), due);
  EXPECT_EQ(keep(1, {1000, 2000}), 2u);
  EXPECT_TRUE(studies.ForecastsDue()->empty());
  EXPECT_EQ(keep(1, {4000}), 0u) << "nothing is due";

  // An extension makes it due; what was said before stays said, also where it was removed.
  ASSERT_OK(forecasts.Delete(forecasts.Get("@last")->forecast.name()));
  const std::string other = AddJob("a-300");
  v1::Study added = study;
  ASSERT_OK(Write([&](Connection& connection) {
    return ExtendStudy(connection, "", "hash", {other}, 1, added);
  }));
  Claim(other);
  ASSERT_OK(Append(other, {StateEvent(v1::SUCCEEDED)}));
  Reopen();
  EXPECT_EQ(*StudyStore(*store_).ForecastsDue(), due);
  std::vector<StoredForecast> same(1);
  same[0].forecast.set_contender("a");
  same[0].forecast.set_samples(2000);
  const auto again = ForecastStore(*store_).KeepOfStudy(
      study.name(), 2, same, [](const v1::Forecast&) { return "a"; }, Counter(), clock_.Now());
  ASSERT_OK(again.status());
  EXPECT_EQ(*again, 0u);
  EXPECT_EQ(*ForecastStore(*store_).Count(), 1);
}

}  // namespace
}  // namespace trainyard
