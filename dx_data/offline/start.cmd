@echo off
rem Starts the product: no network, no administrator rights, nothing installed into Windows.
rem ASCII alone: cmd loses its place in a file of other characters. What it says is in files beside it.
chcp 65001 >nul
setlocal
set PYTHONUTF8=1
cd /d "%~dp0"
if exist "python\python.exe" (
  "python\python.exe" start.py %*
  goto done
)
where py >nul 2>nul || goto missing
py -@PYTHON@ start.py %*
:done
if errorlevel 1 pause
exit /b
:missing
type product\dx_data\offline\python-missing.txt
pause
