// Boards, one at a time.

const boardSections = () => [...document.querySelectorAll("section.board")];
const currentBoard = () => boardSections().find((section) => !section.hidden);

function showBoard(id) {
  for (const section of boardSections()) section.hidden = section.id !== id;
  for (const link of document.querySelectorAll("#boards a")) {
    if (link.dataset.board === id) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
  for (const link of document.querySelectorAll("[data-part]")) link.setAttribute("href", `#${id}-${link.dataset.part}`);
}

function startBoards() {
  const first = byId(window.location.hash.slice(1))?.closest("section.board") ?? boardSections()[0];
  if (first) showBoard(first.id);
  for (const link of document.querySelectorAll("#boards a")) {
    link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      showBoard(link.dataset.board);
      history.replaceState(null, "", `#${link.dataset.board}`);
    });
  }
}
