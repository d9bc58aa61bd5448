#include <grpcpp/support/status_code_enum.h>

#include <sstream>
#include <thread>

#include "client/lib/files.h"
#include "client/text/text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/cli/harness.h"
#include "tests/client/studies/sample_activation_study.h"
#include "tests/client/studies/sample_study.h"

namespace trainyard::cli {
namespace {

using client::FlawedStudy;
using client::SampleStudy;
using client::UnfinishedStudy;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr char kFile[] =
    "name: small\nsizes: [100, 1000]\nseeds: 3\ncontenders:\n  - name: net\n    specification:\n"
    "      model:\n        layers: [flatten, {type: dense, units: 10}]\n";

v1::Study Ended(v1::JobState state) {
  v1::Study study = FlawedStudy();
  study.set_state(state);
  return study;
}

class StudyCommandsTest : public testing::Test, public Harness {
 protected:
  StudyCommandsTest() { file_ = folder.Write("small.yaml", kFile); }
  std::string file_;
};

TEST_F(StudyCommandsTest, RunTellsEachPointAndTheVerdicts) {
  server.NextStudyCreated(
      {UnfinishedStudy(0), UnfinishedStudy(1), UnfinishedStudy(3), SampleStudy()});
  const Ran ran = Cli({"study", "run", file_, "seeds=5", "--every", "1ms"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  const v1::CreateStudyRequest request = server.created_studies()[0];
  EXPECT_EQ(request.specification().seeds(), 5u);
  EXPECT_EQ(request.specification().contenders(0).specification().model().layers_size(), 2);
  EXPECT_EQ(request.request_id().size(), 32u);
  EXPECT_THAT(ran.err, StartsWith("studies/small started: 56 points, 560 runs\n"));
  EXPECT_THAT(ran.out, StartsWith("logistic-regression at 100: test error 3"));
  EXPECT_THAT(ran.out, HasSubstr("cnn at 54,000: test error "));
  EXPECT_THAT(ran.out, HasSubstr(", 5 seeds, as specified\n"));
  EXPECT_THAT(ran.out, HasSubstr("\nholds: logistic-regression plateaus as data grows\n"));
  EXPECT_THAT(ran.out, HasSubstr("\nill-behaved: random-forest follows a law\n"));
  EXPECT_THAT(ran.out, HasSubstr("  jobs: scaling-cnn-54000, scaling-hog-svm-54000\n"));
  EXPECT_THAT(ran.err, HasSubstr("studies/small SUCCEEDED: 56 of 56 points measured; "
                                 "'trainyard study report small' writes the report\n"));
  EXPECT_EQ(ran.out.find('\x1b'), std::string::npos);
}

TEST_F(StudyCommandsTest, WatchOnATerminalRedrawsInPlace) {
  terminal = true;
  server.AddStudy("scaling", {UnfinishedStudy(5), UnfinishedStudy(21), SampleStudy()});
  const Ran ran = Cli({"study", "watch", "scaling", "--every", "1ms"});
  EXPECT_EQ(ran.code, 0);
  EXPECT_THAT(ran.err, HasSubstr("21/56 points"));
  EXPECT_THAT(ran.err, HasSubstr("now kernel-svm at 20,000"));
  EXPECT_THAT(ran.err, HasSubstr("\x1b[J"));
  // The final figure stays, as data, with the verdicts.
  EXPECT_THAT(ran.out, HasSubstr("training samples"));
  EXPECT_THAT(ran.out, HasSubstr("cnn passes hog-svm at"));
  EXPECT_THAT(ran.out, HasSubstr("does not hold here: networks are better at every size"));
  std::istringstream lines(ran.out);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(DisplayWidth(line), 80) << line;
}

TEST_F(StudyCommandsTest, AnActivationStudyOnATerminal) {
  terminal = true;
  server.AddStudy("faster", {client::SampleActivationStudy()});
  for (const char* figure : {"none", "error", "gradients", "saturation", "speed-up"}) {
    const Ran ran = Cli({"study", "get", "faster", "--figure", figure});
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_THAT(ran.out, HasSubstr("306 [282, 330]"));
    EXPECT_THAT(ran.out, HasSubstr("at least 2.8"));
    EXPECT_THAT(ran.out, HasSubstr("vanishing"));
    std::istringstream lines(ran.out);
    for (std::string line; std::getline(lines, line);) EXPECT_LE(DisplayWidth(line), 80) << line;
  }
  const Ran spec = Cli({"study", "get", "faster", "--spec"});
  EXPECT_THAT(spec.out, HasSubstr("learning_rates: [0.01, 0.03, 0.1]"));
  EXPECT_THAT(spec.out, Not(HasSubstr("contenders:"))) << "the server makes them again";
}

TEST_F(StudyCommandsTest, AnActivationStudyTellsWhatEachPointTook) {
  server.AddStudy("faster",
                  {client::UnfinishedActivationStudy(2), client::SampleActivationStudy()});
  const Ran ran = Cli({"study", "watch", "faster", "--every", "1ms"});
  EXPECT_EQ(ran.code, 0);
  EXPECT_THAT(ran.out, StartsWith("relu-2-he: 14 % training error after 306 [282, 330] steps, 5 of "
                                  "5 seeds, learning_rate 0.01; gradients are healthy\n"));
  EXPECT_THAT(ran.out, HasSubstr("sigmoid-8-he: 14 % training error not reached"));
}

TEST_F(StudyCommandsTest, TheFigureFitsTheScreen) {
  terminal = true;
  server.AddStudy("scaling", {UnfinishedStudy(30), SampleStudy()});
  const std::string err = Cli({"study", "watch", "scaling", "--every", "1ms"}).err;
  // 24 rows: the picture is of at most 23, so that going up does not scroll.
  const std::string picture = err.substr(0, err.find("\x1b[J"));
  EXPECT_LE(std::count(picture.begin(), picture.end(), '\n'), 23);
  EXPECT_GE(std::count(picture.begin(), picture.end(), '\n'), 15);
}

TEST_F(StudyCommandsTest, WatchPrintsPointsAsJsonLines) {
  server.AddStudy("scaling", {UnfinishedStudy(1), SampleStudy()});
  const Ran ran = Cli({"study", "watch", "scaling", "--every", "1ms", "-o", "jsonl"});
  EXPECT_THAT(ran.out, StartsWith("{\"contender\":\"logistic-regression\",\"size\":\"100\""));
  EXPECT_EQ(std::count(ran.out.begin(), ran.out.end(), '\n'), 56);
  server.AddStudy("again", {SampleStudy()});
  EXPECT_THAT(Cli({"study", "watch", "again", "-o", "json"}).out, StartsWith("{\n \"name\""));
  EXPECT_EQ(Cli({"study", "watch", "again", "-q"}).out, "studies/again\n");
}

TEST_F(StudyCommandsTest, ExitCodesAreThoseOfTheStudy) {
  server.AddStudy("failed", {Ended(v1::FAILED)});
  const Ran failed = Cli({"study", "watch", "failed"});
  EXPECT_EQ(failed.code, 3);
  EXPECT_THAT(failed.out, HasSubstr("kernel-svm at 1,000: FAILED: OUT_OF_MEMORY: the kernel"));
  EXPECT_THAT(failed.out, HasSubstr("1 point failed, 1 point was cancelled"));
  server.AddStudy("cancelled", {Ended(v1::CANCELLED)});
  EXPECT_EQ(Cli({"study", "watch", "cancelled"}).code, 10);
  EXPECT_EQ(Cli({"study", "watch", "nothing"}).code, 5);
  EXPECT_EQ(Cli({"study", "get", "a b"}).code, 5);
  EXPECT_THAT(Cli({"study", "get", "nothing"}).err,
              HasSubstr("no study is named 'nothing' or begins so; see 'trainyard study ls'"));
}

TEST_F(StudyCommandsTest, CtrlCDetaches) {
  server.AddStudy("scaling", {UnfinishedStudy(5)});
  std::thread user([this] {
    while (server.calls() < 3) std::this_thread::yield();
    interrupt.Trigger();
  });
  const Ran ran = Cli({"study", "watch", "scaling", "--every", "1ms"});
  user.join();
  EXPECT_EQ(ran.code, 130);
  EXPECT_THAT(ran.err, HasSubstr("detached; studies/scaling goes on. Come back with 'trainyard "
                                 "study watch scaling'"));
}

TEST_F(StudyCommandsTest, WatchSurvivesARestart) {
  server.AddStudy("scaling", {UnfinishedStudy(1), UnfinishedStudy(2), SampleStudy()});
  const std::string through = Cli({"study", "watch", "scaling"}).out;
  EXPECT_THAT(through, HasSubstr("cnn at 54,000"));
  server.AddStudy("scaling", {UnfinishedStudy(1), UnfinishedStudy(2), SampleStudy()});
  server.CutStreams({3, 0, 57, 1}, grpc::StatusCode::UNAVAILABLE);
  const Ran ran = Cli({"study", "watch", "scaling"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(ran.out, through) << "no point is told twice, and none is missing";
  EXPECT_THAT(ran.err, HasSubstr("lost the server (cut); looking for it"));
  EXPECT_THAT(ran.err, HasSubstr("found the server again; going on"));
  EXPECT_EQ(CliAt("127.0.0.1:1", {"study", "watch", "scaling"}).code, 8);
}

TEST_F(StudyCommandsTest, DryRunPreviewsByContenderAndSize) {
  v1::Study answer = SampleStudy();
  answer.clear_name();
  v1::Study small;
  for (const uint64_t size : {100, 1000}) {
    v1::StudyPoint& point = *small.add_points();
    point.set_contender("net");
    point.set_size(size);
    point.set_parameters(7850);
    point.set_flops(1.5e9 * static_cast<double>(size));
  }
  small.set_total_runs(6);
  small.set_total_flops(1.65e12);
  server.NextStudyCreated({small});
  const Ran ran = Cli({"study", "run", file_, "--dry-run"});
  EXPECT_EQ(ran.code, 0);
  EXPECT_EQ(ran.out,
            "FLOPs by contender and size\n"
            "CONTENDER  PARAMETERS  RUNS     100  1,000\n"
            "net             7,850     6  150.0G   1.5T\n"
            "\n"
            "points          2\n"
            "runs            6, with 3 seeds\n"
            "FLOPs           1.6 TFLOP\n");
  EXPECT_TRUE(server.created_studies()[0].validate_only());
  EXPECT_EQ(server.created_studies()[0].request_id(), "");
  EXPECT_THAT(Cli({"study", "submit", file_, "--dry-run", "-o", "json"}).out,
              HasSubstr("\"totalRuns\": \"6\""));
}

TEST_F(StudyCommandsTest, WrongStudiesAreShownAtTheirPlace) {
  const std::string bad = folder.Write("bad.yaml", "sizs: [1]\n");
  const Ran read = Cli({"study", "run", bad});
  EXPECT_EQ(read.code, 2);
  EXPECT_EQ(read.err, bad + ":1:1: sizs: unknown field; did you mean 'sizes'?\n");
  server.FailNext({grpc::StatusCode::INVALID_ARGUMENT,
                   "2 errors",
                   "",
                   {{"contenders[0].specification.model.layers[1].units", "must be at least 11"},
                    {"data", "is required"}},
                   {},
                   -1});
  const Ran refused = Cli({"study", "run", file_});
  EXPECT_EQ(refused.code, 2);
  EXPECT_THAT(refused.err,
              HasSubstr(file_ + ":8:48: contenders[0].specification.model.layers[1].units: must"));
  EXPECT_THAT(refused.err, HasSubstr("was refused (2 errors)"));
}

TEST_F(StudyCommandsTest, SubmitPrintsTheName) {
  EXPECT_EQ(Cli({"study", "submit", file_, "--name", "other", "--priority", "-3"}).out,
            "studies/other\n");
  EXPECT_EQ(server.created_studies()[0].priority(), -3);
  server.FailNext({grpc::StatusCode::UNAVAILABLE, "starting", "", {}, {}, 1});
  EXPECT_EQ(Cli({"study", "submit", file_, "-q"}).out, "studies/small\n");
  const auto created = server.created_studies();
  ASSERT_EQ(created.size(), 3u);
  EXPECT_EQ(created[1].request_id(), created[2].request_id()) << "a retry is the same request";
}

TEST_F(StudyCommandsTest, LsListsThem) {
  EXPECT_EQ(Cli({"study", "ls"}).err, "no studies\n");
  server.AddStudy("first", {SampleStudy()});
  server.AddStudy("second", {UnfinishedStudy(21)});
  EXPECT_THAT(Cli({"study", "ls"}).out, StartsWith("NAME    STATE      POINTS  CONTENDERS  RUNS"));
  EXPECT_THAT(Cli({"study", "ls"}).out, HasSubstr("second  RUNNING     21/56           7   560"));
  EXPECT_EQ(Cli({"study", "ls", "-q", "--limit", "1"}).out, "studies/second\n");
  EXPECT_EQ(Cli({"study", "ls", "-q", "--all"}).out, "studies/second\nstudies/first\n");
  EXPECT_EQ(Cli({"study", "ls", "--limit", "0"}).code, 2);
}

TEST_F(StudyCommandsTest, GetShowsPointsLawsAndVerdicts) {
  server.AddStudy("scaling", {FlawedStudy()});
  const Ran ran = Cli({"study", "get", "@last"});
  EXPECT_EQ(ran.code, 0);
  EXPECT_THAT(ran.out, StartsWith("name        studies/scaling\nstate       SUCCEEDED\n"));
  EXPECT_THAT(ran.out, HasSubstr("points      56 of 56 have ended, 100%"));
  EXPECT_THAT(ran.out, HasSubstr("FAILED: OUT_OF_MEMORY"));
  EXPECT_THAT(ran.out, HasSubstr("0.047 + 3.4 n^-0.43"));
  EXPECT_THAT(ran.out, HasSubstr("insufficient data: features matter less with big data"));
  EXPECT_THAT(ran.out, Not(HasSubstr("training samples\n")));
  EXPECT_THAT(Cli({"study", "get", "@last", "--figure", "performance"}).out,
              HasSubstr("Performance against amount of data\ntest accuracy\n"));
  EXPECT_EQ(Cli({"study", "get", "@last", "--figure", "loss"}).code, 2);
  const std::string yaml = Cli({"study", "get", "scal", "--spec"}).out;
  EXPECT_THAT(yaml, StartsWith("name: scaling\n"));
  const Ran again = Cli({"study", "submit", folder.Write("again.yaml", yaml), "-q"});
  EXPECT_EQ(again.code, 0) << "what --spec prints is a study: " << again.err;
}

TEST_F(StudyCommandsTest, ReportWritesWhatIsAskedFor) {
  server.AddStudy("scaling", {FlawedStudy()});
  const auto written = [&](const std::string& name, const std::vector<std::string>& more = {}) {
    std::vector<std::string> words = {"study", "report", "scaling", "--out", folder / name};
    words.insert(words.end(), more.begin(), more.end());
    const Ran ran = Cli(words);
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_EQ(ran.out, (folder / name) + "\n");
    EXPECT_THAT(ran.err, HasSubstr("1 point failed, 1 point was cancelled"));
    const auto bytes = client::ReadFile(folder / name, 100'000'000);
    return bytes.ok() ? *bytes : std::string();
  };
  EXPECT_THAT(written("a.html"), HasSubstr("<h1>Study scaling</h1>"));
  EXPECT_THAT(written("b.html"), HasSubstr("trainyardd 0.1.0, oneDNN 2.6.3"));
  EXPECT_THAT(written("c.svg", {"--figure", "performance"}), HasSubstr("test accuracy"));
  EXPECT_THAT(written("d.csv"), StartsWith("contender,family,size"));
  EXPECT_THAT(written("e.JSON"), HasSubstr("\"name\": \"studies/scaling\""));
  EXPECT_THAT(Cli({"study", "report", "scaling", "--out", "-"}).out, StartsWith("<!DOCTYPE html>"));
  EXPECT_THAT(written("f.png", {"--figure", "core-seconds"}), StartsWith("\x89PNG\r\n"));
  // Numbers of one figure.
  EXPECT_THAT(written("g.csv", {"--figure", "predictability"}), StartsWith("series,mark,x,y"));
  EXPECT_THAT(written("h.json", {"--figure", "error"}), StartsWith("{\"kind\":\"plot\""));
  EXPECT_THAT(written("picture", {"--format", "svg", "--theme", "dark"}),
              HasSubstr("fill:#14171b"));
  const Ran pdf = Cli({"study", "report", "scaling", "--out", "f.pdf"});
  EXPECT_EQ(pdf.code, 2);
  EXPECT_THAT(pdf.err, HasSubstr("must end in .html, .svg, .png, .csv, .json"));
  EXPECT_EQ(Cli({"study", "report", "scaling", "--out", folder.path() + "/"}).code, 2);
}

TEST_F(StudyCommandsTest, NoPictureGoesToATerminal) {
  server.AddStudy("scaling", {FlawedStudy()});
  const std::vector<std::string> words = {"study", "report",   "scaling", "--out",
                                          "-",     "--format", "png"};
  const Ran piped = Cli(words);
  EXPECT_EQ(piped.code, 0);
  EXPECT_THAT(piped.out, StartsWith("\x89PNG\r\n"));
  EXPECT_EQ(piped.err, "");
  terminal = true;
  const int calls = server.calls();
  const Ran shown = Cli(words);
  EXPECT_EQ(shown.code, 2);
  EXPECT_EQ(shown.out, "");
  EXPECT_THAT(shown.err, HasSubstr("a .png is no text for a terminal; name a file"));
  EXPECT_EQ(server.calls(), calls);
}

TEST_F(StudyCommandsTest, ExtendSendsOnlyWhatIsAdded) {
  server.AddStudy("scaling", {UnfinishedStudy(21)});
  const Ran ran = Cli({"study", "extend", "scaling", "--size", "20000", "--size", "54000",
                       "forecast_sizes=[540000]", "--priority", "5"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(ran.out, "studies/scaling\n");
  EXPECT_EQ(ran.err,
            "scaling has 56 points now, 21 have ended; 'trainyard study watch scaling' "
            "follows it\n");
  v1::ExtendStudyRequest request = server.extensions()[0];
  EXPECT_EQ(request.name(), "scaling");
  EXPECT_EQ(request.request_id().size(), 32u);
  EXPECT_EQ(request.priority(), 5);
  EXPECT_EQ(request.specification().ShortDebugString(),
            "sizes: 20000 sizes: 54000 forecast_sizes: 540000");
  const std::string more = folder.Write("more.yaml", "contenders:\n  - {name: cnn}\n");
  EXPECT_EQ(Cli({"study", "extend", "scaling", "--contenders", more}).code, 0);
  EXPECT_EQ(server.extensions()[1].specification().ShortDebugString(),
            "contenders { name: \"cnn\" }");
}

TEST_F(StudyCommandsTest, ExtendPreviewsWhatIsNew) {
  server.AddStudy("scaling", {SampleStudy()});
  v1::Study added = SampleStudy();
  added.mutable_points()->DeleteSubrange(1, 55);
  added.set_total_runs(10);
  server.NextStudyCreated({added});
  const Ran ran = Cli({"study", "extend", "scaling", "--size", "100", "--dry-run"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("CONTENDER            PARAMETERS  RUNS     100\n"
                                 "logistic-regression       7,850    10  471.0M\n\n"));
  EXPECT_THAT(ran.out, Not(HasSubstr("cnn")));
  EXPECT_TRUE(server.extensions()[0].validate_only());
  EXPECT_EQ(server.extensions()[0].request_id(), "");
}

TEST_F(StudyCommandsTest, ExtendTellsWhatIsRefused) {
  server.AddStudy("scaling", {SampleStudy()});
  EXPECT_EQ(Cli({"study", "extend", "nothing", "--size", "5"}).code, 5);
  EXPECT_EQ(Cli({"study", "extend"}).code, 2);
  const Ran words = Cli({"study", "extend", "scaling", "--size", "many"});
  EXPECT_EQ(words.code, 2);
  EXPECT_THAT(words.err, HasSubstr("sizes[0]: must be a whole number"));
  server.FailNext(
      {grpc::StatusCode::INVALID_ARGUMENT, "1 error", "", {{"seeds", "not allowed"}}, {}, -1});
  const Ran seeds = Cli({"study", "extend", "scaling", "seeds=7"});
  EXPECT_EQ(seeds.code, 2);
  EXPECT_THAT(seeds.err, HasSubstr("seeds: not allowed"));
}

TEST_F(StudyCommandsTest, CancelStopsWhatGoesOn) {
  server.AddStudy("scaling", {UnfinishedStudy(3)});
  EXPECT_EQ(Cli({"study", "cancel", "scal"}).out, "studies/scaling CANCELLED\n");
  EXPECT_EQ(Cli({"study", "cancel", "scaling"}).code, 6);
}

TEST_F(StudyCommandsTest, WrongUse) {
  server.AddStudy("scaling", {SampleStudy()});
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"study"},
                                             {"study", "run"},
                                             {"study", "run", "/nowhere.yaml"},
                                             {"study", "get"},
                                             {"study", "watch", "scaling", "--every", "soon"},
                                             {"study", "watch", "scaling", "--progress", "loud"},
                                             {"study", "submit", file_, "--priority", "x"},
                                             {"study", "report", "scaling", "--out", "f.txt"}}) {
    const Ran ran = Cli(words);
    EXPECT_EQ(ran.code, 2) << testing::PrintToString(words);
    EXPECT_FALSE(ran.err.empty());
    EXPECT_EQ(ran.out, "");
  }
  EXPECT_THAT(Cli({"study", "wach"}).err, HasSubstr("did you mean 'watch'?"));
}

TEST_F(StudyCommandsTest, HostileTextDoesNothing) {
  terminal = true;
  v1::Study study = client::WideStudy(5, "\x1b[2Jx\u202e");
  server.AddStudy("wide", {study});
  for (const Ran& ran : {Cli({"study", "get", "wide"}), Cli({"study", "watch", "wide"})}) {
    EXPECT_EQ(ran.code, 0);
    EXPECT_THAT(ran.out, Not(HasSubstr("\x1b[2J")));
    EXPECT_THAT(ran.err, Not(HasSubstr("\x1b[2J")));
  }
}

TEST_F(StudyCommandsTest, NamesComplete) {
  server.AddStudy("scaling", {SampleStudy()});
  EXPECT_EQ(Cli({"__complete", "study", "watch", "s"}).out, "scaling\tSUCCEEDED\n");
  EXPECT_EQ(Cli({"__complete", "study", "watch", "@"}).out, "@last\tthe newest study\n");
  EXPECT_THAT(Cli({"__complete", "study", "get", "x", "--figure", "core"}).out,
              StartsWith("core-seconds"));
}

}  // namespace
}  // namespace trainyard::cli
