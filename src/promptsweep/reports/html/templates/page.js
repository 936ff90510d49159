// Draws each chart from the data block beside it. `ast`: the page's policy forbids eval, so expressions are interpreted.
for (const figure of document.querySelectorAll("figure")) {
  const place = figure.querySelector(".chart");
  const spec = JSON.parse(figure.querySelector("script").textContent);
  const tooltip = { theme: "report", disableDefaultStyle: true };
  vegaEmbed(place, spec, { ast: true, renderer: "svg", actions: false, defaultStyle: false, tooltip })
    .then(() => figure.classList.add("drawn"))
    .catch(() => figure.classList.add("failed"));
}
