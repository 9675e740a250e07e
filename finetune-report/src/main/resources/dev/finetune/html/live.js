"use strict";
(() => {
  const EVERY = 2000;
  const PATIENCE = 5;
  let failures = 0;
  let paused = false;

  const pause = document.createElement("button");
  pause.type = "button";
  pause.className = "pause";
  const name = () => {
    pause.textContent = paused ? "Renew again" : "Stop renewing";
  };
  pause.addEventListener("click", () => {
    paused = !paused;
    name();
  });

  const say = (words) => {
    const note = document.createElement("p");
    note.setAttribute("role", "status");
    note.textContent = words;
    pause.replaceWith(note);
  };

  /** What a reader has opened, scrolled and reached stays so. */
  const summary = (details) => details.querySelector("summary").textContent;
  const scrolls = (root) => root.querySelectorAll(".scroll");
  const reached = () => {
    const at = document.activeElement;
    if (!at || at === document.body || at === pause) {
      return null;
    }
    const same = (other) => other.localName === at.localName
      && (other.getAttribute("aria-label") || other.getAttribute("href") || other.textContent)
        === (at.getAttribute("aria-label") || at.getAttribute("href") || at.textContent);
    return () => [...document.querySelectorAll("a, summary, .scroll")].find(same);
  };

  const show = (next) => {
    const open = new Set([...document.querySelectorAll("details[open]")].map(summary));
    const lefts = new Map([...scrolls(document)].map((box) => [box.getAttribute("aria-label"), box.scrollLeft]));
    const top = window.scrollY;
    const focus = reached();
    for (const part of ["header", "nav", "main", "footer"]) {
      document.querySelector("body > " + part).replaceWith(document.adoptNode(next.querySelector("body > " + part)));
    }
    for (const details of document.querySelectorAll("details")) {
      details.open = open.has(summary(details));
    }
    for (const box of scrolls(document)) {
      box.scrollLeft = lefts.get(box.getAttribute("aria-label")) || 0;
    }
    window.scrollTo({top, behavior: "instant"});
    const target = focus && focus();
    if (target) {
      target.focus({preventScroll: true});
    }
    document.title = next.title;
  };

  const renew = async () => {
    if (!paused) {
      try {
        const answer = await fetch("/", {cache: "no-store"});
        const next = new DOMParser().parseFromString(await answer.text(), "text/html");
        show(next);
        failures = 0;
        if (!next.querySelector("script")) {
          pause.remove();
          return;
        }
      } catch {
        failures += 1;
        if (failures === PATIENCE) {
          say("The process that trains answers no more: the fit is over, or the process is.");
          return;
        }
      }
    }
    setTimeout(renew, EVERY);
  };

  name();
  document.body.prepend(pause);
  setTimeout(renew, EVERY);
})();
