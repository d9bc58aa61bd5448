#include <sstream>

#include "client/text/text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/cli/harness.h"
#include "tests/client/studies/sample_study.h"

namespace trainyard::cli {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

v1::Forecast Sample() {
  v1::Forecast forecast;
  forecast.set_name("forecasts/mlp-540000-2222");
  forecast.set_study("studies/scaling");
  forecast.set_contender("mlp");
  forecast.set_samples(540'000);
  forecast.set_seeds(5);
  forecast.set_value(0.0712);
  forecast.set_low80(0.068);
  forecast.set_high80(0.075);
  forecast.set_low95(0.065);
  forecast.set_high95(0.079);
  forecast.set_formula("E + A n^-b");
  forecast.add_coefficients(0.05);
  forecast.add_coefficients(1.5);
  forecast.add_exponents(0.35);
  forecast.set_largest(54'000);
  forecast.mutable_error_at_largest()->set_value(0.1);
  forecast.mutable_error_at_largest()->set_low(0.09);
  forecast.mutable_error_at_largest()->set_high(0.11);
  forecast.mutable_core_seconds()->set_value(120);
  forecast.mutable_core_seconds()->set_low(60);
  forecast.mutable_core_seconds()->set_high(240);
  forecast.add_advice("worth it: the error is expected to go from 0.1 at 54,000 samples to 0.0712");
  return forecast;
}

class ForecastCommandsTest : public testing::Test, public Harness {
 protected:
  ForecastCommandsTest() {
    server.AddStudy("scaling", {client::SampleStudy()});
    server.SetForecast(Sample());
  }
};

TEST_F(ForecastCommandsTest, MakeShowsErrorCostAndAdvice) {
  terminal = true;
  const Ran ran = Cli({"forecast", "make", "scaling", "--contender", "mlp", "--samples", "540000"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  const v1::CreateForecastRequest request = server.created_forecasts()[0];
  EXPECT_EQ(request.study(), "studies/scaling");
  EXPECT_EQ(request.contender(), "mlp");
  EXPECT_DOUBLE_EQ(request.samples(), 540'000);
  EXPECT_DOUBLE_EQ(request.factor(), 0);
  EXPECT_THAT(ran.out, HasSubstr("mlp at 540,000 samples, mean of 5 seeds"));
  EXPECT_THAT(ran.out, HasSubstr("0.0712; 80 %: 0.0680 to 0.0750; 95 %: 0.0650 to 0.0790"));
  EXPECT_THAT(ran.out, HasSubstr("120 s a run; 95 %: 60 s to 240 s"));
  EXPECT_THAT(ran.out, HasSubstr("worth it"));
  EXPECT_THAT(ran.out, HasSubstr("none yet"));
  std::istringstream lines(ran.out);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(DisplayWidth(line), 80) << line;
}

TEST_F(ForecastCommandsTest, MakeTakesFactorAndParameters) {
  EXPECT_EQ(Cli({"forecast", "make", "scaling", "--factor", "10", "--parameters", "4e6"}).code, 0);
  EXPECT_DOUBLE_EQ(server.created_forecasts()[0].factor(), 10);
  EXPECT_DOUBLE_EQ(server.created_forecasts()[0].parameters(), 4e6);
  for (const char* wrong : {"ten", "-1", "0", "nan"}) {
    const Ran ran = Cli({"forecast", "make", "scaling", "--factor", wrong});
    EXPECT_EQ(ran.code, 2) << wrong;
    EXPECT_THAT(ran.err, HasSubstr("--factor: expected a number above 0"));
  }
  EXPECT_EQ(Cli({"forecast", "make", "nothing", "--factor", "2"}).code, 5);
}

TEST_F(ForecastCommandsTest, ListsAndScores) {
  EXPECT_THAT(Cli({"forecast", "ls"}).out, Not(HasSubstr("scored")));
  const Ran scored = Cli({"forecast", "score", "mlp-540000-2222", "--job", "x"});
  EXPECT_EQ(scored.code, 5);  // no such job
  server.AddJob("real", v1::SUCCEEDED);
  EXPECT_THAT(Cli({"forecast", "score", "mlp-540000-2222", "--job", "real"}).out,
              HasSubstr("real measured"));
  const Ran list = Cli({"forecast", "ls"});
  EXPECT_THAT(list.out, StartsWith("NAME"));
  EXPECT_THAT(list.out, HasSubstr("mlp-540000-2222"));
  EXPECT_THAT(list.out, HasSubstr("1 of 1 scored: 100 % inside 80 %, 100 % inside 95 %"));
  EXPECT_EQ(Cli({"forecast", "ls", "-q"}).out, "forecasts/mlp-540000-2222\n");
  EXPECT_EQ(Cli({"forecast", "ls", "--limit", "0"}).code, 2);
}

TEST_F(ForecastCommandsTest, GetAndRm) {
  EXPECT_THAT(Cli({"forecast", "get", "mlp-540000-2222", "-o", "json"}).out,
              HasSubstr("\"coefficients\""));
  EXPECT_EQ(Cli({"forecast", "get", "nothing"}).code, 5);
  const Ran gone = Cli({"forecast", "rm", "forecasts/mlp-540000-2222"});
  EXPECT_EQ(gone.code, 0);
  EXPECT_EQ(gone.err, "removed forecasts/mlp-540000-2222\n");
  EXPECT_EQ(Cli({"forecast", "rm", "mlp-540000-2222"}).code, 5);
  EXPECT_EQ(Cli({"forecast", "ls"}).err, "no forecasts\n");
}

}  // namespace
}  // namespace trainyard::cli
