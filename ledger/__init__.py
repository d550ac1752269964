"""The hazard ledger (隐患台账): hazards found, put right and checked again; inspections; reports."""
