// Draws each figure from the table below it. Without this file the tables are all there is.

(() => {
  "use strict";

  const { Chart } = window;
  const charts = [];

  const colour = (token) =>
    getComputedStyle(document.documentElement).getPropertyValue(`--${token}`).trim();
  const number = (cell) => {
    const value = parseFloat(cell.textContent);
    return Number.isNaN(value) ? null : value;
  };

  // What a table says: the names of its rows, and of each series the values.
  function read(table) {
    const rows = [...table.querySelectorAll("tbody tr")];
    const labels = rows.map((row) => row.cells[0].textContent.trim());
    const series = [...table.querySelectorAll("thead th")]
      .map((head, place) => ({ head, place }))
      .filter(({ head }) => head.dataset.series)
      .map(({ head, place }) => ({
        label: head.textContent.trim(),
        token: head.dataset.series,
        data: rows.map((row) => number(row.cells[place])),
      }));
    return { labels, series };
  }

  function bars({ labels, series }, more = {}) {
    const datasets = series.map(({ label, token, data }) => ({
      label,
      data,
      backgroundColor: colour(token),
      maxBarThickness: 36,
      borderRadius: 2,
      ...more,
    }));
    return { type: "bar", data: { labels, datasets } };
  }

  // From the lower to the upper quartile a bar, the median a mark in it.
  function quartiles({ labels, series: [lower, median, upper] }) {
    const between = lower.data.map((low, row) => (low === null ? null : [low, upper.data[row]]));
    return {
      type: "bar",
      data: {
        labels,
        datasets: [
          {
            type: "scatter",
            label: median.label,
            data: median.data.map((days, row) => ({ x: days, y: labels[row] })),
            backgroundColor: colour("ink"),
            pointRadius: 5,
            pointHoverRadius: 7,
          },
          {
            label: "Quartiles, days",
            data: between,
            backgroundColor: colour("accent-line"),
            maxBarThickness: 20,
            borderRadius: 3,
          },
        ],
      },
    };
  }

  const kinds = {
    stacked: { config: (table) => bars(table, { stack: "all" }), stacked: true },
    columns: { config: bars },
    across: { config: bars, across: true },
    quartiles: { config: quartiles, across: true },
  };

  function axes({ across, stacked }, unit) {
    const grid = { color: colour("line") };
    const ticks = { color: colour("ink-muted") };
    const names = {
      grid: { display: false },
      ticks: { ...ticks, autoSkip: !across, maxRotation: 0 },
      stacked,
    };
    const values = {
      beginAtZero: true,
      grid,
      ticks: { ...ticks, precision: unit ? undefined : 0 },
      stacked,
      title: { display: Boolean(unit), text: unit, color: colour("ink-muted") },
    };
    return across ? { x: values, y: { ...names, type: "category" } } : { x: names, y: values };
  }

  function draw(figure) {
    const canvas = figure.querySelector("canvas");
    if (!canvas) return;
    const table = read(figure.querySelector("table"));
    const kind = kinds[figure.dataset.chart];
    const box = canvas.parentElement;
    box.hidden = false;
    box.classList.toggle("tall", Boolean(kind.across) && table.labels.length > 8);
    box.classList.toggle("long", Boolean(kind.across) && table.labels.length > 16);
    box.classList.toggle("low", Boolean(kind.across) && table.labels.length < 3);
    const config = kind.config(table);
    if (kind === kinds.quartiles) config.data.datasets[0].yAxisID = "y";
    charts.push(
      new Chart(canvas, {
        ...config,
        options: {
          indexAxis: kind.across ? "y" : "x",
          animation: false,
          maintainAspectRatio: false,
          interaction: { mode: "index", axis: kind.across ? "y" : "x", intersect: false },
          plugins: {
            legend: {
              display: config.data.datasets.length > 1,
              position: "bottom",
              labels: { color: colour("ink"), boxWidth: 12, boxHeight: 12 },
            },
          },
          scales: axes(kind, figure.dataset.unit),
        },
      }),
    );
  }

  function drawAll() {
    while (charts.length) charts.pop().destroy();
    Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
    document.querySelectorAll(".figure").forEach(draw);
  }

  drawAll();
  // The chart, or that there is nothing, says it all.
  for (const details of document.querySelectorAll(".figure details")) details.open = false;
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
})();
