"""Reports of the ledger: 日调度, 周通报, 月督导, 季度督查."""
