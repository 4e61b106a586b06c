"""What a plain socket lacks."""


def read_exactly(connection, count):
    """So many bytes; EOFError when the connection ends before."""
    data = b""
    while len(data) < count:
        piece = connection.recv(count - len(data))
        if not piece:
            raise EOFError
        data += piece
    return data
