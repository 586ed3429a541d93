// Elements from names and text. Nothing here or elsewhere on the page ever parses a string as markup:
// names come from the store's files and are shown through textContent only.

const SVG = "http://www.w3.org/2000/svg";

export function element(name, attributes = {}, ...children) {
  return fill(document.createElement(name), attributes, children);
}

export function shape(name, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, name), attributes, children);
}

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) node.setAttribute(name, String(value));
  }
  node.append(...children.filter((child) => child !== null && child !== undefined).map((child) => (child instanceof Node ? child : String(child))));
  return node;
}

let made = 0;

export function freshId(stem) {
  made += 1;
  return `${stem}-${made}`;
}

const waiting = [];

/** Call `draw(width)` as soon as `box` has a width, and whenever that changes. */
export function drawToWidth(box, draw) {
  let drawn = 0;
  const attempt = () => {
    const width = Math.floor(box.clientWidth);
    if (width > 0 && width !== drawn) {
      drawn = width;
      draw(width);
    }
  };
  waiting.push(attempt);
  new ResizeObserver(attempt).observe(box);
}

/** Draw at once what was just put on the page: an observer would come a frame later, and move what lies below. */
export function drawWaiting() {
  for (const attempt of waiting.splice(0)) attempt();
}
