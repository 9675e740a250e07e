"""Writes the pictures of this folder, which say in unusual places how the camera was held, and what Pillow makes of them.

Run it here, with Pillow (11.3.0), numpy and safetensors installed.
"""

import struct

import numpy as np
from PIL import Image, ImageOps, PngImagePlugin
from safetensors.numpy import save_file

PICTURE = Image.fromarray(np.random.default_rng(7).integers(0, 256, (4, 7, 3), np.uint8))
XMP = '<rdf:RDF><rdf:Description xmlns:tiff="http://ns.adobe.com/tiff/1.0/" %s</rdf:RDF>'


def exif(kind, count, value):
    """EXIF data with an orientation of a TIFF type: 3 is SHORT, 4 LONG."""
    shape = {3: "<HHIHxx", 4: "<HHII"}[kind]
    return b"Exif\0\0II*\0" + struct.pack("<IH", 8, 1) + struct.pack(shape, 274, kind, count, value) + bytes(4)


def attribute(value):
    return (XMP % f'tiff:Orientation="{value}"/>').encode()


def element(value):
    return (XMP % f"><tiff:Orientation>{value}</tiff:Orientation></rdf:Description>").encode()


def texts(keyword, text, **how):
    chunks = PngImagePlugin.PngInfo()
    (chunks.add_itxt if keyword.startswith("XML") else chunks.add_text)(keyword, text, **how)
    return chunks


profile = "\nexif\n      %d\n" % len(exif(3, 1, 8)) + "\n".join(
    exif(3, 1, 8).hex()[at : at + 72] for at in range(0, 2 * len(exif(3, 1, 8)), 72)) + "\n"

PICTURE.save("long.jpg", exif=exif(4, 1, 6))
PICTURE.save("two-values.jpg", exif=exif(3, 2, 6))
PICTURE.save("xmp.jpg", xmp=attribute(8))
PICTURE.save("xmp-element.jpg", xmp=element(5))
PICTURE.save("exif-before-xmp.jpg", exif=exif(3, 1, 3), xmp=attribute(6))
PICTURE.save("upright-before-xmp.jpg", exif=exif(3, 1, 1), xmp=attribute(6))
PICTURE.save("xmp.webp", lossless=True, xmp=attribute(7))
PICTURE.save("exif-before-xmp.webp", lossless=True, exif=exif(4, 1, 6), xmp=attribute(3))
PICTURE.save("xmp.png", pnginfo=texts("XML:com.adobe.xmp", attribute(6).decode()))
PICTURE.save("xmp-packed.png", pnginfo=texts("XML:com.adobe.xmp", attribute(2).decode(), zip=True))
PICTURE.save("profile.png", pnginfo=texts("Raw profile type exif", profile))
PICTURE.save("profile-packed.png", pnginfo=texts("Raw profile type exif", profile, zip=True))

expected = {}
for name in ["long.jpg", "two-values.jpg", "xmp.jpg", "xmp-element.jpg", "exif-before-xmp.jpg", "upright-before-xmp.jpg",
             "xmp.webp", "exif-before-xmp.webp", "xmp.png", "xmp-packed.png", "profile.png", "profile-packed.png"]:
    expected[name] = np.array(ImageOps.exif_transpose(Image.open(name)).convert("RGB"))
    print(name, expected[name].shape)
save_file(expected, "expected.safetensors")
