"""The answers to a finding, one file each: a function of finding and facts that drafts a step, or says why not."""
