"""What compressors give and what they cost on given files: methods, measurement, samples, figures, plots.

Knows: processes, files, other compressors.  Does not know: options of a command line, what is printed.
"""
