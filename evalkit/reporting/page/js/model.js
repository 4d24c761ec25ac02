// From a model's scores to the comparisons behind them.

function startVerdicts() {
  for (const link of document.querySelectorAll("[data-verdict]")) {
    link.addEventListener("click", () => {
      if (!state.data) return;
      resetFilters(null);
      const board = Number(link.dataset.place);
      if (state.data.boards.length > 1) byId("f-board").value = String(board);
      byId("f-verdict").value = link.dataset.verdict;
      begin(refresh());
    });
  }
}
