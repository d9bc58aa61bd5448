// Ends trials of sweeps by ASHA that fall behind: follows the logs of their jobs, decides when one
// comes to a rung, writes the decision down, and then stops the job.
//
//   AshaController controller(sweeps, jobs, manager, notifier, executor, clock);
//   manager.Recover();
//   controller.Recover();             // once
//   ... a sweep was made: controller.Follow("sweeps/a");
//   ... every 100 ms or so: controller.Tick();
//
// What was decided is on disk before it has an effect, and is decided within the transaction that
// writes it, from what is on disk: so a server that is killed at any point goes on where it was,
// reads the logs again, and never decides the same thing twice. In memory are cursors only.
//
// Threads: every method may be called from any thread and returns at once. The work runs on a
// strand of `executor`, which may block on SQLite. End: after Store::Close() stop the executor,
// then destroy it; callbacks that are still on their way hold what they need.
#pragma once

#include <memory>
#include <string>

#include "engine/base/clock.h"
#include "server/jobs/executor.h"
#include "server/jobs/job_manager.h"
#include "server/jobs/notifier.h"
#include "server/store/job_store.h"
#include "server/store/sweep_store.h"

namespace trainyard {

// Of jobs that ended early, see StateChanged.
inline constexpr char kStoppedEarly[] = "STOPPED_EARLY";

class AshaController {
 public:
  AshaController(SweepStore& sweeps, const JobStore& jobs, JobManager& manager, Notifier& notifier,
                 Executor& executor, const Clock& clock);
  ~AshaController();

  // Follows the sweeps that an earlier server left unfinished, and stops what it had decided to
  // stop.
  void Recover();
  // A sweep by another method is left alone.
  void Follow(const std::string& sweep);
  // Tries again what failed, for example on a full disk.
  void Tick();

 private:
  class Judge;
  // Shared with the callbacks that are still on their way.
  const std::shared_ptr<Judge> judge_;
};

}  // namespace trainyard
