.PHONY: demo setup test check bench
demo setup test check bench:
	@./scripts/$@
