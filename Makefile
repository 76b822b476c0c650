# The only commands: people and CI run the same ones. `make` alone lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
PYTHON := .venv/bin/python
SETTINGS = $(if $(PORT),MEETING_HTTP__PORT=$(PORT)) $(if $(PUBLIC),MEETING_PUBLIC=$(PUBLIC))

.PHONY: help run run-cluster setup test check e2e bench reliability fuzz format clean

help: ## this list | 显示本帮助
	@echo "meeting-system: video meetings on your own machine | 自有机器上的视频会议"
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {split($$2, t, " \\| "); printf "  make %-11s %-58s %s\n", $$1, t[1], t[2]}' $(MAKEFILE_LIST)

run: setup ## start it: http://localhost:8800 (PORT=8800 PUBLIC=address) | 启动系统
	@exec env $(SETTINGS) .venv/bin/meeting-system serve

run-cluster: setup ## every part a process of its own, behind Nginx (same settings) | 以多进程集群方式启动
	@exec env $(SETTINGS) .venv/bin/meeting-system cluster

setup: ## only prepare: packages, engine, web client | 只安装与构建
	@scripts/setup

test: setup ## every test: Rust, Python, web client, real browsers | 运行全部测试
	@$(PYTHON) scripts/test.py

check: setup ## style, types, import rules, dead code | 代码检查
	@$(PYTHON) scripts/check.py

e2e: setup ## only the tests in real browsers (ARGS="-k chat") | 浏览器端到端测试
	@$(PYTHON) -m pytest tests/e2e $(ARGS)

bench: setup ## a benchmark: make bench NAME=first-meeting | 性能测试
	@$(PYTHON) scripts/bench.py $(NAME)

reliability: setup ## the fault programme, 20 minutes (ROW=R4 for one row) | 故障演练
	@$(PYTHON) scripts/reliability.py $(ROW)

fuzz: setup ## attack the engine's parsers (TIME=30 seconds each, NAME=rtcp) | 模糊测试
	@$(PYTHON) scripts/fuzz.py --time $(or $(TIME),30) $(NAME)

format: setup ## put all code into the common shape | 统一代码格式
	@$(PYTHON) scripts/check.py --fix

clean: ## remove what was built, keep your data | 删除构建产物，保留数据
	@rm -rf .make .venv node_modules clients/*/node_modules clients/web/dist target
