"""Findings in the words of other machines: code scanning, test reports, code quality, annotations."""
