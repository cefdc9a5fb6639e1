"""Files to hand on: exports, the datapackage, the lake, results of scans."""
