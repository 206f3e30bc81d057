"""QR codes on pages of the console and on sheets that it prints."""

import qrcode


def qr_squares(text: str) -> tuple[int, str]:
    """A QR code as the width of its square and an SVG path, in modules, its margin included."""
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, border=4)
    code.add_data(text)
    matrix = code.get_matrix()
    squares = (
        f"M{x} {y}h1v1h-1z" for y, row in enumerate(matrix) for x, dark in enumerate(row) if dark
    )
    return len(matrix), "".join(squares)
