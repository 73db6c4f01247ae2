// What no rule of axe asks, worked out on the page itself. Each answers with a list of what is wrong.
window.checks = (() => {
  const name = (element) => `${element.tagName.toLowerCase()}${element.id ? `#${element.id}` : ""}.${element.className.baseVal ?? element.className}`
    + ` “${(element.textContent || element.name || "").trim().slice(0, 40)}”`;
  const seen = (element) => element.getClientRects().length > 0 && getComputedStyle(element).visibility === "visible";
  const apart = (element) => element.closest(".vh, .skip, [hidden]") !== null;
  const CONTROLS = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']";

  // Content that a reader has to scroll for sideways; what scrolls within itself may be wide.
  const sideways = () => {
    if (document.documentElement.scrollWidth <= innerWidth) return [];
    const scrolls = (element) => ["auto", "scroll", "hidden"].includes(getComputedStyle(element).overflowX);
    const within = (element) => { for (let up = element.parentElement; up && up !== document.body; up = up.parentElement) if (scrolls(up)) return true; return false; };
    const wide = [...document.body.querySelectorAll("*")].filter((each) => seen(each) && each.getBoundingClientRect().right > innerWidth + 1 && !within(each));
    return [`${document.documentElement.scrollWidth} px wide: ${wide.slice(-2).map(name).join(", ")}`];
  };

  // Targets under 24 × 24; links inside sentences excepted, a box or dot counts with its label.
  const small = () => [...document.querySelectorAll(CONTROLS)].filter((each) => {
    if (!seen(each) || apart(each) || (each.matches("a") && getComputedStyle(each).display === "inline")) return false;
    const label = each.matches("[type=radio], [type=checkbox]") && (each.closest("label") ?? each.labels?.[0]);
    const { width, height } = (label || each).getBoundingClientRect();
    return Math.round(width) < 24 || Math.round(height) < 24;
  }).map(name);

  // What moves though its reader asked for stillness.
  const moving = () => document.getAnimations().filter((each) => each.playState === "running"
    && each.effect.getComputedTiming().endTime > 20).map((each) => name(each.effect.target));

  // A form that came back: its summary has the focus, and each of its links leads to something that can take it.
  const errors = () => {
    const summary = document.querySelector(".errors");
    if (!summary) return [];
    const nowhere = [...summary.querySelectorAll("a")].filter((link) => {
      const target = document.getElementById(link.hash.slice(1));
      return !target || !(target.matches(CONTROLS) || target.querySelector(CONTROLS));
    });
    return [...(document.activeElement === summary ? [] : ["the summary has no focus"]), ...nowhere.map((link) => `leads nowhere: ${link.hash}`)];
  };

  // How far things moved by themselves since the page began; a hundredth of the window is more than anybody sees.
  const shift = () => new Promise((done) => {
    let sum = 0;
    new PerformanceObserver((list) => { for (const each of list.getEntries()) if (!each.hadRecentInput) sum += each.value; })
      .observe({ type: "layout-shift", buffered: true });
    requestAnimationFrame(() => setTimeout(() => done(sum > 0.01 ? [`layout shift ${sum}`] : []), 0));
  });

  // The focused element: where it stands in the page, whether its ring shows, and whether something lies over it.
  const focused = () => {
    const element = document.activeElement;
    if (!element || element === document.body) return null;
    const label = element.matches("[type=radio], [type=checkbox]") && element.closest("label");
    const box = (label || element).getBoundingClientRect();
    const style = getComputedStyle(element);
    const around = label ? getComputedStyle(label) : style;
    const ring = [style, around].some((each) => (each.outlineStyle !== "none" && parseFloat(each.outlineWidth) >= 2) || each.boxShadow !== "none");
    const [x, y] = [Math.min(Math.max(box.left + box.width / 2, 1), innerWidth - 2), box.top + Math.min(box.height / 2, 12)];
    const top = document.elementFromPoint(x, y);
    const stuck = (() => { for (let up = element; up; up = up.parentElement) if (["sticky", "fixed"].includes(getComputedStyle(up).position)) return true; return false; })();
    return {
      name: name(element), place: [...document.querySelectorAll("*")].indexOf(element), top: box.top + scrollY, height: box.height, left: box.left, stuck, ring, main: element.closest('main') !== null,
      covered: !top || !(element.contains(top) || top.contains(element) || (label && label.contains(top))) ? (top ? name(top) : "outside the window") : "",
    };
  };

  return { sideways, small, moving, errors, shift, focused };
})();
