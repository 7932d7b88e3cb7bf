"""bytezip inside of other libraries: one small module each, which imports that library, and nothing imports it here."""
