@echo off
rem Starts the check with the Node beside it, else with the one on the PATH.
if exist "%~dp0node.exe" ("%~dp0node.exe" "%~dp0check.cjs" %*) else (node "%~dp0check.cjs" %*)
