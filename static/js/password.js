// Shows a password while it is typed: a button beside each field with data-secret. Without scripts the field just works.

for (const box of document.querySelectorAll("[data-secret]")) {
  const field = box.querySelector("input");
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn bare s";
  button.textContent = box.dataset.show;
  button.setAttribute("aria-controls", field.id);
  button.setAttribute("aria-pressed", "false");
  const show = (on) => {
    field.type = on ? "text" : "password";
    button.textContent = on ? box.dataset.hide : box.dataset.show;
    button.setAttribute("aria-pressed", String(on));
  };
  button.addEventListener("click", () => show(field.type === "password"));
  field.form.addEventListener("submit", () => show(false)); // so that browsers know it as a password
  box.append(button);
}
