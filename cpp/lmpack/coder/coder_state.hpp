// Whether a coder of a block may go on.
#pragma once

#include "lmpack/error.hpp"

namespace lmpack {

// A coder that failed, or is finished, refuses every further call.
class CoderState {
 public:
  // Throws InvalidArgument unless the coder may go on.
  void check() const {
    if (state_ == State::kFinished) {
      throw InvalidArgument("the block is finished: use a new coder for another one");
    }
    if (state_ == State::kFailed) {
      throw InvalidArgument("an earlier error stopped this block: start again with a new coder");
    }
  }

  // Calls code(). After an exception of it a step is half coded, and the state stays failed.
  template <typename Code>
  void advance(const Code& code) {
    state_ = State::kFailed;
    code();
    state_ = State::kCoding;
  }

  // Calls end(), which ends the stream. After an exception of it the state stays failed.
  template <typename End>
  void finish(const End& end) {
    state_ = State::kFailed;
    end();
    state_ = State::kFinished;
  }

 private:
  enum class State { kCoding, kFinished, kFailed };

  State state_ = State::kCoding;
};

}  // namespace lmpack
