def answer(content, buffers, namespace):
    return {"status": "ok", "echo": content}, list(buffers)
