// A support vector machine of two classes: the dual problem of C-SVC,
//   minimise 1/2 sum_ij y_i y_j a_i a_j K_ij - sum_i a_i,  0 <= a_i <= c,  sum_i y_i a_i = 0,
// by sequential minimal optimisation with second-order working sets (Fan, Chen, Lin 2005) within
// blocks of the most violating samples (as ThunderSVM does; Wen et al. 2018), so that kernel rows
// are computed many at a time by matrix products.
//
// The result depends on the samples and the settings only. Used by one thread at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "engine/learners/kernel.h"

namespace trainyard::learners {

struct SvmSettings {
  double c = 1;
  double tolerance = 1e-3;
  // For rows of the kernel that are kept.
  int64_t cache_bytes = int64_t{256} << 20;
};

struct SvmSolution {
  // y_i a_i, of the first class's samples and then the second's; 0 where a sample is no support
  // vector.
  std::vector<float> coefficients;
  float bias = 0;  // decision = sum of coefficient * kernel + bias, positive for the first class
  bool converged = true;
};

class SvmPair {
 public:
  // For pairs of up to `largest` samples; takes all the memory that Solve needs.
  SvmPair(const Kernel& kernel, const SvmSettings& settings, int64_t features, int64_t largest);

  static int64_t MemoryBytes(const SvmSettings& settings, int64_t features, int64_t largest);

  // False where `stopping` said so. The pool, which may be absent, helps with kernel rows.
  bool Solve(const KernelRows& first, const KernelRows& second, ThreadPool* pool,
             const std::function<bool()>& stopping, SvmSolution& solution);

 private:
  struct Gap {
    double up = 0;   // largest f of a sample that may move up
    double low = 0;  // smallest f of one that may move down
  };

  void Begin(const KernelRows& first, const KernelRows& second);
  bool CanRise(int64_t i) const { return sign_[i] > 0 ? alpha_[i] < c_ : alpha_[i] > 0; }
  bool CanFall(int64_t i) const { return sign_[i] > 0 ? alpha_[i] > 0 : alpha_[i] < c_; }
  Gap FindGap() const;
  void ChooseWorkingSet();
  // Rows of the kernel for the whole working set.
  void FetchRows(ThreadPool* pool);
  void ComputeRows(const std::vector<int64_t>& missing, ThreadPool* pool);
  int64_t SlotFor(int64_t sample);
  // SMO within the working set; changes alpha_ and fills changes_.
  void SolveWorkingSet(double gap);
  void ApplyChanges();
  float Bias(const Gap& gap) const;

  const Kernel kernel_;
  const SvmSettings settings_;
  const double c_;
  const int64_t features_;

  KernelRows first_;
  KernelRows second_;
  int64_t count_ = 0;
  std::vector<int8_t> sign_;
  std::vector<double> alpha_;
  std::vector<double> f_;  // y_i - sum_j y_j a_j K_ij
  std::vector<float> diagonal_;

  std::vector<int64_t> working_;  // samples
  std::vector<int64_t> newest_;   // those that the last choice added
  std::vector<char> chosen_;
  std::vector<int64_t> order_;
  std::vector<float> local_kernel_;  // [working, working]
  std::vector<double> changes_;      // of y_i a_i, by place in the working set

  std::unique_ptr<float[]> cache_;  // [slots, count_]
  int64_t slots_ = 0;
  std::vector<int64_t> slot_of_;    // by sample; -1: not there
  std::vector<int64_t> sample_in_;  // by slot; -1: free
  std::vector<int64_t> used_at_;    // by slot
  int64_t round_ = 0;
  std::vector<float> gathered_;  // rows of samples beside each other
  std::vector<float> gathered_norms_;
  std::vector<float> computed_;  // [block, count_]
};

}  // namespace trainyard::learners
