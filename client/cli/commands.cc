#include "client/cli/commands.h"

namespace trainyard::cli {

CommandList AllCommands() {
  CommandList commands;
  for (const auto make :
       {MakeUp,          MakeRun,          MakeSubmit,      MakeJobLs,       MakeJobGet,
        MakeJobWatch,    MakeJobLogs,      MakeJobPlot,     MakeJobWait,     MakeJobCancel,
        MakeJobDiff,     MakeJobFork,      MakeCompare,     MakeStudyRun,    MakeStudySubmit,
        MakeStudyLs,     MakeStudyGet,     MakeStudyWatch,  MakeStudyReport, MakeStudyExtend,
        MakeStudyCancel, MakeForecastMake, MakeForecastLs,  MakeForecastGet, MakeForecastScore,
        MakeForecastRm,  MakeSweepRun,     MakeSweepSubmit, MakeSweepLs,     MakeSweepGet,
        MakeSweepWatch,  MakeSweepBest,    MakeSweepStop,   MakePredict,     MakeBench,
        MakeModelGet,    MakeDataPut,      MakeDataAppend,  MakeDataLs,      MakeDataDescribe,
        MakeDataGet,     MakeDataRm,       MakeExplain,     MakeDoctor,      MakeVersion,
        MakeCompletion}) {
    commands.push_back(make());
  }
  return commands;
}

}  // namespace trainyard::cli
