"""What the Anatomy page shows of each strategy: a module draws one."""
