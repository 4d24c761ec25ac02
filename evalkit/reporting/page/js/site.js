// A page of a site.

const opened = startPage();
startOverview();
startVerdicts();
begin(opened);
