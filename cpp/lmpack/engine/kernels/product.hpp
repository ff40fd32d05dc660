// Integer products over a set of vectors: tiles of sums that stay in registers.
#pragma once

#include <cstddef>
#include <cstdint>

#include "lmpack/engine/kernels.hpp"
#include "lmpack/engine/kernels/unroll.hpp"
#include "lmpack/engine/packing.hpp"

namespace lmpack {
namespace {

// The groups of inner rows that a tile multiplies, at least one: all of them, or those of a list.
struct AllGroups {
  AllGroups(std::size_t inner) : count(inner / kGroupRows) {}
  std::size_t operator[](std::size_t i) const { return i; }

  std::size_t count;
};
struct ListedGroups {
  std::size_t operator[](std::size_t i) const { return at[i]; }

  const std::uint16_t* at;
  std::size_t count;
};

// A product whose right operand may be a part of a ring: panels with room for `capacity` rows.
template <typename Groups = AllGroups>
struct ProductOperands {
  const std::uint8_t* left;
  std::size_t left_stride;
  std::size_t rows;
  const std::int8_t* right;
  std::size_t capacity;
  Groups inner;
  std::size_t columns;
};

// What a tile fetches for the next ones: nothing, or some of the panels behind its own, which lie
// in memory that no cache has. The tile is number `part` of `parts`, which have the same panels.
struct FetchNothing {
  FetchNothing(std::size_t, std::size_t) {}
  static const std::int8_t* begin(const std::int8_t* panel, std::size_t) { return panel; }
  static void fetch(const std::int8_t*) {}
  static std::size_t step() { return 0; }
};
class FetchNext {
 public:
  FetchNext(std::size_t part, std::size_t parts) : part_(part), parts_(parts) {}

  // Where the part of this tile begins, in a panel of so many bytes.
  const std::int8_t* begin(const std::int8_t* panel, std::size_t bytes) const {
    return panel + bytes / parts_ * part_;
  }
  static void fetch(const std::int8_t* at) { __builtin_prefetch(at, 0, 3); }

  // Bytes of a panel for each group of rows that the tile computes.
  std::size_t step() const { return kGroupBytes / parts_; }

 private:
  std::size_t part_;
  std::size_t parts_;
};

inline ProductOperands<> matrix_operands(const Rows& rows, const Matrix& matrix) {
  return {rows.at,       rows.stride,   rows.count,    matrix.packed.data(),
          matrix.inputs, matrix.inputs, matrix.outputs};
}

template <typename Simd>
struct ProductOf {
  using Ints = typename Simd::Ints;
  // What multiplies fewer than 16 rows that are alone.
  using OfFewRows = ProductOf;

  // kRows rows times kPanels panels with all sums in registers. start(column) gives the sums to
  // start with, finish(row, column, sums) takes them.
  template <int kRows, int kPanels, typename Groups, typename Start, typename Finish,
            typename Fetch>
  static void tile(const ProductOperands<Groups>& p, std::size_t row, std::size_t column,
                   const Start& start, const Finish& finish, Fetch ahead) {
    const std::uint8_t* left = p.left + row * p.left_stride;
    const std::int8_t* right = p.right + column * p.capacity;
    const std::size_t panel_bytes = kPanelColumns * p.capacity;
    const std::int8_t* next = ahead.begin(right + kPanels * panel_bytes, panel_bytes);
    const std::size_t next_step = ahead.step();
    Ints sums[kRows][kPanels];
    unroll<kPanels>([&](auto i) LMPACK_INLINE {
      const Ints first = start(column + i.value * kPanelColumns);
      unroll<kRows>([&](auto r) LMPACK_INLINE { sums[r.value][i.value] = first; });
    });
    std::size_t step = 0;
    do {
      const std::size_t group = p.inner[step];
      typename Simd::Columns columns[kPanels];
      unroll<kPanels>([&](auto i) LMPACK_INLINE {
        columns[i.value] = Simd::load_columns(right + i.value * panel_bytes + group * kGroupBytes);
        Fetch::fetch(next + i.value * panel_bytes);
      });
      next += next_step;
      unroll<kRows>([&](auto r) LMPACK_INLINE {
        const auto bytes = Simd::load_bytes(left + r.value * p.left_stride + group * kGroupRows);
        unroll<kPanels>([&](auto i) LMPACK_INLINE {
          sums[r.value][i.value] = Simd::dot(sums[r.value][i.value], bytes, columns[i.value]);
        });
      });
    } while (++step < p.inner.count);
    unroll<kRows>([&](auto r) LMPACK_INLINE {
      unroll<kPanels>([&](auto i) LMPACK_INLINE { Simd::detach(sums[r.value][i.value]); });
    });
    unroll<kRows>([&](auto r) LMPACK_INLINE {
      unroll<kPanels>([&](auto i) LMPACK_INLINE {
        finish(row + r.value, column + i.value * kPanelColumns, sums[r.value][i.value]);
      });
    });
  }

  // kRows rows times all columns from `column` on that fill whole tiles; the first one left over.
  template <int kRows, int kPanels, typename Groups, typename Start, typename Finish,
            typename Fetch>
  static std::size_t tiles(const ProductOperands<Groups>& p, std::size_t row, std::size_t column,
                           const Start& start, const Finish& finish, Fetch ahead) {
    constexpr std::size_t kColumns = kPanels * kPanelColumns;
    for (; column + kColumns <= p.columns; column += kColumns) {
      tile<kRows, kPanels>(p, row, column, start, finish, ahead);
    }
    return column;
  }

  // The same, with tiles that halve until no column is left.
  template <int kRows, int kPanels, typename Groups, typename Start, typename Finish,
            typename Fetch>
  static void narrowing_tiles(const ProductOperands<Groups>& p, std::size_t row, std::size_t column,
                              const Start& start, const Finish& finish, Fetch ahead) {
    if constexpr (kPanels > 0) {
      column = tiles<kRows, kPanels>(p, row, column, start, finish, ahead);
      narrowing_tiles<kRows, kPanels / 2>(p, row, column, start, finish, ahead);
    }
  }

  // kRows rows times all columns, with about as many sums in registers as a full tile has.
  template <int kRows, typename Groups, typename Start, typename Finish, typename Fetch>
  static void band(const ProductOperands<Groups>& p, std::size_t row, const Start& start,
                   const Finish& finish, Fetch ahead) {
    constexpr int kFilling = Simd::kTileRows * Simd::kTilePanels / kRows;
    constexpr int kPanels = kFilling >= 8 ? 8 : kFilling >= 4 ? 4 : kFilling >= 2 ? 2 : 1;
    narrowing_tiles<kRows, kPanels>(p, row, 0, start, finish, ahead);
  }

  // Rows that are fewer than a tile has, in halves of it. The first band fetches.
  template <int kRows, typename Fetch, typename Groups, typename Start, typename Finish>
  static void few_rows(const ProductOperands<Groups>& p, std::size_t row, const Start& start,
                       const Finish& finish) {
    if constexpr (kRows > 0) {
      if (row + kRows <= p.rows) {
        band<kRows>(p, row, start, finish, Fetch(0, 1));
        few_rows<kRows / 2, FetchNothing>(p, row + kRows, start, finish);
      } else {
        few_rows<kRows / 2, Fetch>(p, row, start, finish);
      }
    }
  }

  // The whole product. The panels of a tile stay in the cache for all rows.
  template <typename Fetch = FetchNothing, typename Groups = AllGroups, typename Start,
            typename Finish>
  static void product(const ProductOperands<Groups>& p, const Start& start, const Finish& finish) {
    constexpr int kRows = Simd::kTileRows;
    constexpr std::size_t kColumns = Simd::kTilePanels * kPanelColumns;
    const std::size_t parts = p.rows / kRows;
    const std::size_t whole_rows = parts * kRows;
    if (whole_rows > 0) {
      std::size_t column = 0;
      for (; column + kColumns <= p.columns; column += kColumns) {
        for (std::size_t row = 0; row < whole_rows; row += kRows) {
          tile<kRows, Simd::kTilePanels>(p, row, column, start, finish, Fetch(row / kRows, parts));
        }
      }
      for (std::size_t row = 0; column < p.columns && row < whole_rows; row += kRows) {
        tiles<kRows, 1>(p, row, column, start, finish, Fetch(row / kRows, parts));
      }
      few_rows<kRows / 2, FetchNothing>(p, whole_rows, start, finish);
    } else {
      few_rows<kRows / 2, Fetch>(p, 0, start, finish);
    }
  }

  // The same with a right operand that comes from memory: all rows pass by some of its panels, and
  // the next ones are fetched meanwhile. Below kGroupBytes * kTileRows rows.
  template <typename Start, typename Finish>
  static void product_from_memory(const ProductOperands<>& p, const Start& start,
                                  const Finish& finish) {
    constexpr std::size_t kColumns = 8 * kPanelColumns;
    for (std::size_t first = 0; first < p.columns; first += kColumns) {
      const std::size_t rest = p.columns - first;
      product<FetchNext>(
          {p.left, p.left_stride, p.rows, p.right + first * p.capacity, p.capacity, p.inner,
           rest < kColumns ? rest : kColumns},
          [&](std::size_t column) { return start(first + column); },
          [&](std::size_t row, std::size_t column, Ints sums) {
            finish(row, first + column, sums);
          });
    }
  }

  // What holds while bands of kRows rows attend.
  template <int kRows>
  struct Attending {
    explicit Attending(const AttentionOperands&) {}
  };

  // All of p, which has kRows rows: out[row * stride + column], each sum starting with
  // start[column].
  template <int kRows>
  static void store_rows(const ProductOperands<>& p, const std::int32_t* start, std::int32_t* out,
                         std::size_t stride) {
    band<kRows>(
        p, 0, [=](std::size_t column) { return Simd::load(start + column); },
        [=](std::size_t row, std::size_t column, Ints sums) {
          Simd::store(out + row * stride + column, sums);
        },
        FetchNothing(0, 1));
  }

  template <typename Finish>
  static void matrix_product(Rows rows, const Matrix& matrix, const Finish& finish) {
    const std::int32_t* compensation = matrix.compensation.data();
    product(
        matrix_operands(rows, matrix),
        [=](std::size_t column) { return Simd::load(compensation + column); }, finish);
  }
};

}  // namespace
}  // namespace lmpack
