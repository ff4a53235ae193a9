
"use strict";
const log = document.getElementById("log");
const state = document.getElementById("state");
const keys = []; // access key IDs, in the order in which they came: the picture numbers them so, too

// add puts an element at the end of another.
function add(parent, tag, className, ...content) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...content);
  parent.append(element);
  return element;
}

// named replaces access key IDs by their names in the picture.
function named(text) {
  return text.split(/\b(AKIA[A-Z0-9]{16})\b/).map((part) => {
    const number = keys.indexOf(part) + 1;
    if (number === 0) return part;
    const name = document.createElement("span");
    name.className = `key key${(number - 1) % 4 + 1}`;
    name.title = part;
    name.textContent = `key ${number}`;
    return name;
  });
}

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

// when is the simulated time, in UTC.
function when(at) {
  const [, month, day, time] = at.match(/^\d+-(\d+)-(\d+)T(\d+:\d+)/);
  return `${Number(day)} ${months[month - 1]} ${time}`;
}

function entry(e) {
  const row = add(log, "div", `entry is-${e.event} is-${e.what}`);
  add(row, "time", "", when(e.at)).dateTime = e.at;
  add(row, "b", "", e.event === "warning" ? "warning" : e.what);
  add(row, "span", "", ...named(e.event === "warning" ? `${e.what}: ${e.text}` : e.text));
}

function summary({mail, attacker, invocations, days, promises}) {
  const count = (n) => n.toLocaleString("en");
  add(log, "h2", "", "In the end");
  add(log, "p", "", `${count(mail.sent)} mails sent, ${count(mail.failed)} failed, and ${count(mail.cut_off)} cut off by ` +
    `the emergency and sent again. The attacker sent ${count(attacker.sent)} before the key was revoked; ` +
    `${count(attacker.cut_off)} were refused since. ${count(invocations)} invocations in ${count(days)} days.`);
  const list = add(log, "ul", "");
  for (const {promise, kept} of promises) add(list, "li", kept ? "kept" : "broken", promise);
}

// draw shows the picture so far in the place of the one before.
function draw(svg) {
  const parsed = new DOMParser().parseFromString(svg, "image/svg+xml").documentElement;
  document.getElementById("picture").replaceChildren(document.importNode(parsed, true));
}

function show(e) {
  for (const {access_key_id: id} of e.keys ?? []) if (!keys.includes(id)) keys.push(id);
  switch (e.event) {
    case "start":
      add(log, "h2", "", e.what);
      add(log, "p", "", e.text);
      break;
    case "scene":
      add(log, "h2", "", `${e.scene}  ${e.what}`);
      add(log, "p", "", e.text);
      break;
    case "calm":
      add(log, "p", "quiet", `⋮ ${e.calm}`);
      break;
    case "end":
      summary(e.summary);
      break;
    default:
      entry(e);
  }
}

let silence = 0; // connections that failed in a row
const source = new EventSource("events");
source.onmessage = ({data}) => {
  silence = 0;
  const e = JSON.parse(data);
  const follows = log.scrollHeight - log.scrollTop - log.clientHeight < 80; // else somebody reads further up
  show(e);
  if (e.picture) draw(e.picture);
  if (follows) log.scrollTop = log.scrollHeight;
  state.textContent = "Playing. The times are simulated.";
  if (e.event === "end") {
    source.close();
    state.textContent = "The play is over, and smtprotate has ended. This page stays as it is until you close it.";
  }
};
source.onerror = () => { // it tries again by itself
  if (++silence > 5) source.close();
  state.textContent = "smtprotate doesn't answer: it may have been stopped. Its terminal says more.";
};
