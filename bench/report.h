#pragma once

#include <string>
#include <vector>

namespace lull::bench {

/// One measured number, beside the floor that it is compared with.
struct Figure {
  std::string name;
  double value = 0;
  std::string unit;
  double ratio = 0;     ///< to `floor`, taken in the same minute; 0: none
  std::string floor;    ///< what the ratio is to
  std::string goal;     ///< as text, with the ratio or the value in mind; empty: none
  bool reached = true;  ///< the goal
};

/// What a run has measured, in order.
class Report {
 public:
  void Add(Figure figure);

  /// A table for people, or one JSON object for tools.
  std::string Table() const;
  std::string Json() const;

 private:
  std::vector<Figure> figures_;
};

/// The value below which `share` of the samples lie. REQUIRES: there are some.
double Quantile(std::vector<double> samples, double share);
double Median(std::vector<double> samples);

}  // namespace lull::bench
