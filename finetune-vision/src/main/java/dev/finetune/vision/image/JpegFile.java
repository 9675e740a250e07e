package dev.finetune.vision.image;

import java.io.ByteArrayOutputStream;

/**
 * The segments of a JPEG file: what says how it is decoded, and the same file without what doesn't matter for that
 * (colour profiles, thumbnails, comments), which decoders stumble over. Source: ITU-T T.81, annex B; Adobe Technical
 * Note 5116 for the meaning of the APP14 segment.
 */
final class JpegFile {
    private static final int SOF0 = 0xC0;
    private static final int SOF2 = 0xC2;
    private static final int DHT = 0xC4;
    private static final int RESERVED = 0xC8;
    private static final int DAC = 0xCC;
    private static final int RST0 = 0xD0;
    private static final int EOI = 0xD9;
    private static final int SOS = 0xDA;
    private static final int DQT = 0xDB;
    private static final int DRI = 0xDD;
    private static final int APP0 = 0xE0;
    private static final int APP1 = 0xE1;
    private static final int APP14 = 0xEE;
    private static final int[] XMP = "http://ns.adobe.com/xap/1.0/\0".chars().toArray();

    /** What the three or four components mean. */
    enum Colours {
        GREY,
        RGB,
        YCC,
        CMYK,
        YCCK
    }

    private final byte[] bytes;
    private final ByteArrayOutputStream plain = new ByteArrayOutputStream();
    private int width;
    private int height;
    private byte[] components = {};
    private boolean jfif;
    private int adobe = -1;
    private int scans;
    private int exif = Orientation.UNSAID;
    private int xmp = Orientation.UNSAID;

    private JpegFile(byte[] bytes) {
        this.bytes = bytes;
    }

    /** Reads the segments; the limit is checked as soon as the size is known. */
    static JpegFile parse(byte[] bytes, ImageLimits limits) throws BrokenImage {
        JpegFile file = new JpegFile(bytes);
        file.walk(limits);
        return file;
    }

    int orientation() {
        return exif == Orientation.UNSAID ? xmp : exif;
    }

    int width() {
        return width;
    }

    int height() {
        return height;
    }

    int channels() {
        return components.length;
    }

    /** The file without application segments and comments. */
    byte[] plain() {
        return plain.toByteArray();
    }

    /** As libjpeg decides (jdapimin.c, default_decompress_parms): by JFIF, Adobe's segment, the components' names. */
    Colours colours() {
        if (components.length == 1) {
            return Colours.GREY;
        }
        if (components.length == 4) {
            return adobe == 2 ? Colours.YCCK : Colours.CMYK;
        }
        if (jfif) {
            return Colours.YCC;
        }
        if (adobe >= 0) {
            return adobe == 0 ? Colours.RGB : Colours.YCC;
        }
        boolean named = components[0] == 'R' && components[1] == 'G' && components[2] == 'B';
        return named ? Colours.RGB : Colours.YCC;
    }

    private void walk(ImageLimits limits) throws BrokenImage {
        plain.write(0xFF);
        plain.write(0xD8);
        int at = 2;
        while (true) {
            at = marker(at);
            int marker = bytes[at++] & 0xFF;
            if (marker == EOI) {
                if (width == 0) {
                    throw new BrokenImage("there is no picture in it (no frame before its end)");
                }
                plain.write(0xFF);
                plain.write(EOI);
                return;
            }
            if (marker == 0x01 || marker >= RST0 && marker < EOI) {
                continue;
            }
            int length = at + 2 <= bytes.length ? number(at) : 2;
            int end = at + length;
            if (length < 2 || at + 2 > bytes.length || end > bytes.length) {
                throw BrokenImage.endedEarly("at byte " + bytes.length + " inside of a header");
            }
            segment(marker, at + 2, end, limits);
            if (keeps(marker)) {
                plain.write(0xFF);
                plain.write(marker);
                plain.write(bytes, at, length);
            }
            at = end;
            if (marker == SOS) {
                if (width == 0) {
                    throw new BrokenImage("its picture data comes before the header that says its size");
                }
                limits.check(width, height, bytes.length, ++scans);
                int scanEnd = scanEnd(at);
                plain.write(bytes, at, scanEnd - at);
                at = scanEnd;
            }
        }
    }

    /** Where the next marker's code stands, behind 0xFF; bytes that don't belong to any segment are passed over. */
    private int marker(int from) throws BrokenImage {
        int at = from;
        while (true) {
            while (at < bytes.length && bytes[at] != (byte) 0xFF) {
                at++;
            }
            while (at < bytes.length && bytes[at] == (byte) 0xFF) {
                at++;
            }
            if (at >= bytes.length) {
                throw BrokenImage.endedEarly("at byte " + bytes.length + " and without the mark of its end");
            }
            if (bytes[at] != 0) {
                return at;
            }
        }
    }

    /** The end of the compressed data that starts here: the next marker that isn't a restart. */
    private int scanEnd(int from) throws BrokenImage {
        for (int at = from; at + 1 < bytes.length; at++) {
            if (bytes[at] == (byte) 0xFF) {
                int next = bytes[at + 1] & 0xFF;
                if (next != 0 && next != 0xFF && (next < RST0 || next > RST0 + 7)) {
                    return at;
                }
            }
        }
        throw BrokenImage.endedEarly("at byte " + bytes.length + " inside of the picture");
    }

    private static boolean keeps(int marker) {
        return marker == DHT || marker == DQT || marker == DRI || marker == SOS || marker >= SOF0 && marker <= SOF2;
    }

    private void segment(int marker, int from, int end, ImageLimits limits) throws BrokenImage {
        if (marker >= SOF0 && marker <= SOF2) {
            frame(from, end, limits);
        } else if (marker > SOF2 && marker <= 0xCF && marker != DHT && marker != RESERVED) {
            throw new BrokenImage(
                    marker == DAC || marker > RESERVED
                            ? "it is a JPEG with arithmetic coding, which is not supported; save it as baseline JPEG"
                            : "it is a lossless or hierarchical JPEG, which is not supported; save it as baseline JPEG");
        } else if (marker == APP0 && ImageFormat.starts(bytes, from, 'J', 'F', 'I', 'F', 0)) {
            jfif = true;
        } else if (marker == APP1 && ImageFormat.starts(bytes, from, 'E', 'x', 'i', 'f', 0, 0)) {
            exif = exif == Orientation.UNSAID ? Orientation.ofTiff(bytes, from + 6, end) : exif;
        } else if (marker == APP1 && ImageFormat.starts(bytes, from, XMP)) {
            xmp = Orientation.ofXmp(bytes, from + XMP.length, end);
        } else if (marker == APP14 && end - from >= 12 && ImageFormat.starts(bytes, from, 'A', 'd', 'o', 'b', 'e')) {
            adobe = bytes[from + 11] & 0xFF;
        }
    }

    private void frame(int from, int end, ImageLimits limits) throws BrokenImage {
        if (width != 0) {
            throw new BrokenImage("it has more than one frame header");
        }
        int count = end - from < 6 ? 0 : bytes[from + 5] & 0xFF;
        if (end - from != 6 + 3 * count || count != 1 && count != 3 && count != 4) {
            throw new BrokenImage("its frame header is damaged (" + count + " components; 1, 3 or 4 are read)");
        }
        if (bytes[from] != 8) {
            throw new BrokenImage("it has " + bytes[from] + " bits a channel, 8 are read; save it as baseline JPEG");
        }
        height = number(from + 1);
        width = number(from + 3);
        limits.check(width, height);
        components = new byte[count];
        for (int i = 0; i < count; i++) {
            components[i] = bytes[from + 6 + 3 * i];
        }
    }

    private int number(int at) {
        return (bytes[at] & 0xFF) << 8 | bytes[at + 1] & 0xFF;
    }
}
