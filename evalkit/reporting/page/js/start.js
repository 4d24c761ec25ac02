// A page of boards with every comparison behind them.

startPage();
