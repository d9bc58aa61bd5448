// StudyService: plans studies, makes their jobs, and reads what came of them. Thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "engine/base/clock.h"
#include "engine/base/mutex.h"
#include "server/api/specification_checker.h"
#include "server/api/study_watch.h"
#include "server/datasets/dataset_store.h"
#include "server/jobs/job_manager.h"
#include "server/rpc/calls.h"
#include "server/store/job_store.h"
#include "server/store/study_store.h"
#include "trainyard/v1/study_service.grpc.pb.h"

namespace trainyard {

class StudyServiceHandler final : public v1::StudyService::CallbackService {
 public:
  // `checks`: for what may take long, the checks of many specifications and the analysis.
  StudyServiceHandler(Calls& calls, Calls& checks, JobManager& manager, const JobStore& jobs,
                      StudyStore& studies, StudyWatches& watches,
                      const SpecificationChecker& checker, const DatasetStore& datasets,
                      const Clock& clock)
      : calls_(calls),
        checks_(checks),
        manager_(manager),
        jobs_(jobs),
        studies_(studies),
        watches_(watches),
        checker_(checker),
        datasets_(datasets),
        clock_(clock) {}

  grpc::ServerUnaryReactor* CreateStudy(grpc::CallbackServerContext* context,
                                        const v1::CreateStudyRequest* request,
                                        v1::Study* response) override;
  grpc::ServerUnaryReactor* GetStudy(grpc::CallbackServerContext* context,
                                     const v1::GetStudyRequest* request,
                                     v1::Study* response) override;
  grpc::ServerUnaryReactor* ListStudies(grpc::CallbackServerContext* context,
                                        const v1::ListStudiesRequest* request,
                                        v1::ListStudiesResponse* response) override;
  grpc::ServerUnaryReactor* ExtendStudy(grpc::CallbackServerContext* context,
                                        const v1::ExtendStudyRequest* request,
                                        v1::Study* response) override;
  grpc::ServerUnaryReactor* CancelStudy(grpc::CallbackServerContext* context,
                                        const v1::CancelStudyRequest* request,
                                        v1::Study* response) override;
  grpc::ServerWriteReactor<v1::WatchStudyResponse>* WatchStudy(
      grpc::CallbackServerContext* context, const v1::WatchStudyRequest* request) override {
    return watches_.Open(context, request);
  }

 private:
  void Create(const v1::CreateStudyRequest& request, v1::Study& response, const Calls::Done& done);
  void Extend(const v1::ExtendStudyRequest& request, v1::Study& response, const Calls::Done& done);
  absl::StatusOr<v1::Study> Read(const std::string& name);
  absl::Status Cancel(const std::string& name, v1::Study& response);

  Calls& calls_;
  Calls& checks_;
  JobManager& manager_;
  const JobStore& jobs_;
  StudyStore& studies_;
  StudyWatches& watches_;
  const SpecificationChecker& checker_;
  const DatasetStore& datasets_;
  const Clock& clock_;
  // What was read and analysed last, by name: a watch asks every second, and points end rarely.
  Mutex mutex_;
  struct Known {
    v1::Study study;
    double test_samples = 0;
  };
  std::map<std::string, Known> known_ TRAINYARD_GUARDED_BY(mutex_);
};

}  // namespace trainyard
