// Redoc shows its maker's logo from another host. Nothing on our pages comes from elsewhere.
const images = HTMLImageElement.prototype;
const source = Object.getOwnPropertyDescriptor(images, "src");
const isForeign = (address) => /^(https?:)?\/\//.test(address);

Object.defineProperty(images, "src", {
  ...source,
  set(address) {
    if (!isForeign(address)) {
      source.set.call(this, address);
    }
  },
});
images.setAttribute = function (name, value) {
  if (name !== "src" || !isForeign(value)) {
    Element.prototype.setAttribute.call(this, name, value);
  }
};
