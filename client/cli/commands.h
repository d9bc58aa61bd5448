// Every command. A new one is a file that defines its Make function, a line here and one in
// commands.cc.
#pragma once

#include <memory>

#include "client/cli/command.h"

namespace trainyard::cli {

std::unique_ptr<Command> MakeUp();
std::unique_ptr<Command> MakeRun();
std::unique_ptr<Command> MakeSubmit();
std::unique_ptr<Command> MakeJobLs();
std::unique_ptr<Command> MakeJobGet();
std::unique_ptr<Command> MakeJobWatch();
std::unique_ptr<Command> MakeJobLogs();
std::unique_ptr<Command> MakeJobPlot();
std::unique_ptr<Command> MakeJobWait();
std::unique_ptr<Command> MakeJobCancel();
std::unique_ptr<Command> MakeJobDiff();
std::unique_ptr<Command> MakeJobFork();
std::unique_ptr<Command> MakeCompare();
std::unique_ptr<Command> MakeForecastMake();
std::unique_ptr<Command> MakeForecastLs();
std::unique_ptr<Command> MakeForecastGet();
std::unique_ptr<Command> MakeForecastScore();
std::unique_ptr<Command> MakeForecastRm();
std::unique_ptr<Command> MakeStudyRun();
std::unique_ptr<Command> MakeStudySubmit();
std::unique_ptr<Command> MakeStudyLs();
std::unique_ptr<Command> MakeStudyGet();
std::unique_ptr<Command> MakeStudyWatch();
std::unique_ptr<Command> MakeStudyReport();
std::unique_ptr<Command> MakeStudyCancel();
std::unique_ptr<Command> MakeStudyExtend();
std::unique_ptr<Command> MakeSweepRun();
std::unique_ptr<Command> MakeSweepSubmit();
std::unique_ptr<Command> MakeSweepLs();
std::unique_ptr<Command> MakeSweepGet();
std::unique_ptr<Command> MakeSweepWatch();
std::unique_ptr<Command> MakeSweepBest();
std::unique_ptr<Command> MakeSweepStop();
std::unique_ptr<Command> MakePredict();
std::unique_ptr<Command> MakeBench();
std::unique_ptr<Command> MakeModelGet();
std::unique_ptr<Command> MakeDataPut();
std::unique_ptr<Command> MakeDataAppend();
std::unique_ptr<Command> MakeDataLs();
std::unique_ptr<Command> MakeDataDescribe();
std::unique_ptr<Command> MakeDataGet();
std::unique_ptr<Command> MakeDataRm();
std::unique_ptr<Command> MakeExplain();
std::unique_ptr<Command> MakeDoctor();
std::unique_ptr<Command> MakeVersion();
std::unique_ptr<Command> MakeCompletion();

// In the order of the help.
CommandList AllCommands();

}  // namespace trainyard::cli
