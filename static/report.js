// /report in the browser: keeps the links for mail and ticket up to date, and adds the browser when asked.

import { _ } from "./app.js";

const field = document.getElementById("report");
const mail = document.getElementById("report-mail");
const ticket = document.getElementById("report-ticket");
const extras = document.getElementById("report-extras");
const device = document.getElementById("report-device");

function update() {
  const text = encodeURIComponent(field.value);
  if (mail) {
    const subject = encodeURIComponent(mail.dataset.subject);
    mail.href = `mailto:${mail.dataset.address}?subject=${subject}&body=${text}`;
  }
  if (ticket) {
    const subject = encodeURIComponent(ticket.dataset.subject);
    ticket.href = ticket.dataset.template
      .replaceAll("{subject}", () => subject).replaceAll("{body}", () => text);
  }
}

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const lines = `\n${_("Browser:")} ${navigator.userAgent}\n${_("Time zone:")} ${zone}\n`;

extras.hidden = false;
device.checked = false;  // a browser that keeps the tick over a reload does not keep the text
device.addEventListener("change", () => {
  field.value = device.checked ? field.value + lines : field.value.replace(lines, "");
  update();
});
field.addEventListener("input", update);
update();
