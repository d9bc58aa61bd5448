// Sweeps as a server would tell them.
#pragma once

#include "trainyard/v1/sweep.pb.h"

namespace trainyard::client {

// By ASHA, two seeds, four trials: 0 is the best, 1 was stopped early, 2 failed, 3 came to the end.
v1::Sweep SampleSweep();
// The same when trial 0 has ended and trial 1 runs.
v1::Sweep UnfinishedSweep();

}  // namespace trainyard::client
