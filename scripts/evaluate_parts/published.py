"""What others reached, and what simple detectors reach, by set and figure."""

PUBLISHED = {
    ("skab", "F1"): "on all its files: Conv-AE 0.78, MSET 0.78, T²+Q 0.76, LSTM-AE 0.74, Isolation Forest 0.29",
    (
        "skab",
        "rows falsely in alarm (FAR), %",
    ): "Conv-AE 13.6, MSET 39.7, T²+Q 26.6, LSTM-AE 30.0, Isolation Forest 2.6",
    ("skab", "rows missed (MAR), %"): "Conv-AE 28.0, MSET 14.1, T²+Q 24.9, LSTM-AE 25.9, Isolation Forest 82.9",
    ("nab", "standard score"): "on 18 of its files: ARTime 67.1, HTM 61.3, CAD OSE 50.5, random 27.8",
    ("nab", "low FP score"): "ARTime 58.1, HTM 54.3, CAD OSE 44.5, random 17.9",
    ("nab", "low FN score"): "ARTime 72.7, HTM 66.2, CAD OSE 55.0, random 39.9",
    ("chilbolton", "detected"): "fixed 4 ppm: 6 of 6; CUSUM on a lower envelope: 6 of 6",
    ("chilbolton", "median delay, s"): "fixed 4 ppm: -51; CUSUM: 64",
    ("chilbolton", "false alarms"): "fixed 4 ppm: 0.08/h; CUSUM: 0.74/h",
    ("chilbolton", "off time in alarm, %"): "fixed 4 ppm: 0.0; CUSUM: 4.9",
    ("stanford", "detected"): "24 h 10 % quantile + 1 ppm: 8 of 9; CUSUM: 8 of 9",
    ("stanford", "median delay, s"): "quantile + 1 ppm: 120; CUSUM: 540",
    ("stanford", "false alarms"): "quantile + 1 ppm: 0.16/day; CUSUM: 0",
    ("stanford", "off time in alarm, %"): "quantile + 1 ppm: 1.5; CUSUM: 0.8",
    ("3w", "event 1: detected"): "two-sided CUSUM: 3 of 4",
    ("3w", "event 2: detected"): "two-sided CUSUM: 4 of 4",
    ("3w", "event 2: median delay, s"): "two-sided CUSUM: 177",
    ("3w", "event 6: detected"): "two-sided CUSUM: 2 of 5",
    ("3w", "false alarms"): "two-sided CUSUM: 0.026/h",
    ("3w", "normal time in alarm, %"): "two-sided CUSUM: 11.2",
}
"""SKAB: README of github.com/waico/SKAB v0.9. NAB: README and stored results of github.com/numenta/NAB v1.1, scored
anew on the 18 files. The others: baselines that we measured with 5 to 22 settings each; nobody publishes by these
protocols."""
