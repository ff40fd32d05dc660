// An exact decoder on a CPU: its weights, and the kernels that run it.
#pragma once

#include "lmpack/decoder/kernels.hpp"
#include "lmpack/decoder/weights.hpp"

namespace lmpack {

// Immutable, so that several threads may use one engine, each with a pass of its own.
class DecoderEngine {
 public:
  // Loads the tensors, whose memory must outlive it; throws as load_weights().
  DecoderEngine(const DecoderShape& shape, const TensorSource& source, const Kernels& kernels)
      : kernels_(decoder_kernels(kernels)), weights_(load_weights(shape, source, kernels_)) {}

  // The weights point into one another.
  DecoderEngine(const DecoderEngine&) = delete;
  DecoderEngine& operator=(const DecoderEngine&) = delete;

  const DecoderShape& shape() const { return weights_.shape; }
  const DecoderWeights& weights() const { return weights_; }
  const DecoderKernels& kernels() const { return kernels_; }

 private:
  const DecoderKernels& kernels_;
  DecoderWeights weights_;
};

}  // namespace lmpack
