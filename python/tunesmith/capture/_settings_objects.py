"""Objects that hold a program's settings, as dictionaries."""


def settings_of(value):
    """A dataclass, also within others, as a dictionary of its fields; attrs and pydantic likewise. Anything else as it is."""
    if isinstance(value, type):
        return value
    if hasattr(type(value), "__dataclass_fields__"):
        # The program has imported it: it costs 5 ms, which programs without dataclasses need not pay.
        from dataclasses import fields

        return {field.name: settings_of(getattr(value, field.name)) for field in fields(value) if hasattr(value, field.name)}
    if hasattr(type(value), "__attrs_attrs__"):
        return {field.name: settings_of(getattr(value, field.name)) for field in type(value).__attrs_attrs__}
    if hasattr(type(value), "model_fields"):
        return {name: settings_of(getattr(value, name)) for name in type(value).model_fields}
    return value
