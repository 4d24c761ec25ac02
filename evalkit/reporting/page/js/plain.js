// A page of tables and figures alone.

startTheme();
document.documentElement.dataset.script = "yes";
for (const table of document.querySelectorAll("[data-sortable]")) startSorting(table);
document.documentElement.dataset.ready = "yes";
